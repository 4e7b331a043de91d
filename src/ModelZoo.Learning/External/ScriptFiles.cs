using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.External;

/// <summary>What folders of scripts have in common: scripts of data/trainers as they are, texts that quote what strangers wrote, and files that may be run.</summary>
static class ScriptFiles
{
    const string Root = "data/trainers/";

    /// <summary>For containers whose image has PyTorch alone: the exact versions, and nothing where they are there already.</summary>
    public const string Install = "python3 -m pip install --quiet -r /work/requirements.txt && ";

    const UnixFileMode Runnable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    static readonly JsonSerializerOptions s_quoted = new() { Encoder = JavaScriptEncoder.Default };

    public static string ReadScript(string name)
    {
        using var stream = typeof(ScriptFiles).Assembly.GetManifestResourceStream(Root + name) ?? throw new ArgumentException($"There is no script '{name}'.", nameof(name));
        return new StreamReader(stream).ReadToEnd();
    }

    public static PopulationFile Copy(string name, string? target = null) => Text(target ?? name, ReadScript(name));

    public static PopulationFile Text(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));

    /// <summary>JSON texts are YAML as they stand, whatever they hold.</summary>
    public static string Json<T>(T value) => JsonSerializer.Serialize(value, s_quoted);

    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>What Kubernetes takes as a name: letters, digits and dashes (RFC 1123).</summary>
    public static string Label(string name, string otherwise)
    {
        var label = new string([.. name.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-')]).Trim('-');
        return label.Length == 0 ? otherwise : label[..Math.Min(40, label.Length)].TrimEnd('-');
    }

    /// <returns>Paths relative to the folder.</returns>
    public static async Task<IReadOnlyList<string>> WriteScriptsAsync(string folder, IReadOnlyList<PopulationFile> files, CancellationToken stop)
    {
        await new FolderPlace(folder).WriteAsync(files, stop);
        if (!OperatingSystem.IsWindows())
            foreach (var file in files.Where(file => file.Path.EndsWith(".sh", StringComparison.Ordinal))) File.SetUnixFileMode(Path.Combine(folder, file.Path), Runnable);
        return [.. files.Select(file => file.Path)];
    }
}

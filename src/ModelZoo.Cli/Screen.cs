using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Where results go: tables for people, tab-separated lines for pipes, JSON when asked for.</summary>
sealed class Screen(TextWriter output, TextWriter error, bool json)
{
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public bool IsJson => json;

    /// <summary>True when a person sits at both ends.</summary>
    public bool IsInteractive => ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && !Console.IsInputRedirected;

    /// <summary>True when bars may be drawn.</summary>
    public bool ShowsProgress => !json && ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    public TextWriter Output => output;

    public TextWriter Error => error;

    public void Line(string text) => output.WriteLine(Clean(text));

    /// <summary>A sentence for a person; left out when a script reads JSON.</summary>
    public void Say(string text)
    {
        if (!json) Line(text);
    }

    public void Json<T>(T value) => output.WriteLine(JsonSerializer.Serialize(value, Format));

    public void Table(string[] columns, IReadOnlyList<string[]> rows)
    {
        if (!ReferenceEquals(output, Console.Out) || Console.IsOutputRedirected)
        {
            foreach (var row in rows) output.WriteLine(string.Join('\t', row.Select(Clean)));
            return;
        }
        var table = new Table().Border(TableBorder.None);
        foreach (var column in columns) table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Dim))).PadRight(2));
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(Clean(cell))).ToArray<Spectre.Console.Rendering.IRenderable>());
        AnsiConsole.Write(table);
    }

    /// <summary>What comes from a hub must not steer the terminal.</summary>
    internal static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.AsSpan().ContainsAnyInRange('\u007f', '\u009f')) return text;
        return string.Create(text.Length, text, (to, from) =>
        {
            for (var i = 0; i < to.Length; i++) to[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
    }

    public static string Size(long bytes) => bytes switch
    {
        < 1000 => $"{bytes} B",
        < 1_000_000 => Scaled(bytes / 1e3, "kB"),
        < 1_000_000_000 => Scaled(bytes / 1e6, "MB"),
        _ => Scaled(bytes / 1e9, "GB"),
    };

    static string Scaled(double value, string unit) => value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + unit;

    public static string Date(DateTimeOffset? date) => date?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "";
}

using System.Text;

namespace ModelZoo.Git;

/// <summary>What the .gitattributes in the root says about Git LFS. Later lines win; macros ([attr]) are not expanded.</summary>
public sealed class GitAttributes
{
    static readonly string[] ModelPatterns =
    [
        "*.7z", "*.arrow", "*.bin", "*.bz2", "*.ckpt", "*.ftz", "*.gguf", "*.gz", "*.h5", "*.joblib", "*.lfs.*", "*.mlmodel", "*.model",
        "*.msgpack", "*.npy", "*.npz", "*.onnx", "*.ot", "*.parquet", "*.pb", "*.pickle", "*.pkl", "*.pt", "*.pth", "*.rar", "*.safetensors",
        "saved_model/**/*", "*.tar.*", "*.tar", "*.tflite", "*.tgz", "*.wasm", "*.xz", "*.zip", "*.zst", "*tfevents*",
    ];

    static readonly string[] DatasetPatterns =
    [
        "*.avro", "*.lz4", "*.mds",
        "*.pcm", "*.sam", "*.raw", "*.aac", "*.flac", "*.mp3", "*.ogg", "*.wav",
        "*.bmp", "*.gif", "*.png", "*.tiff", "*.jpg", "*.jpeg", "*.webp",
        "*.mp4", "*.webm",
    ];

    readonly List<(PathPattern Pattern, bool IsLfs)> _rules = [];

    /// <summary>What a new model repository begins with: the formats of Hugging Face's own default, and GGUF.</summary>
    public static string DefaultForModels { get; } = LfsLines(ModelPatterns);

    /// <summary>For data sets: also tables, sound, images and video.</summary>
    public static string DefaultForDatasets { get; } = LfsLines([.. ModelPatterns, .. DatasetPatterns]);

    public static GitAttributes Parse(string text)
    {
        var attributes = new GitAttributes();
        foreach (var line in PatternLines.Read(text)) attributes.AddLine(line.Trim([' ', '\t', '\r', '\n']));
        return attributes;
    }

    /// <summary>True when the attribute "filter" of this file is "lfs".</summary>
    public bool IsLfs(RepoPath path)
    {
        var bytes = Encoding.UTF8.GetBytes(path.Value);
        for (var i = _rules.Count - 1; i >= 0; i--)
            if (_rules[i].Pattern.Matches(bytes, isFolder: false)) return _rules[i].IsLfs;
        return false;
    }

    void AddLine(string line)
    {
        if (line.Length == 0 || line[0] == '#' || line.StartsWith("[attr]", StringComparison.Ordinal)) return;
        if (!QuotedText.TryRead(line, out var pattern, out var states))
        {
            var end = line.AsSpan().IndexOfAny(" \t\r\n");
            if (end < 0) return;
            (pattern, states) = (line[..end], line[end..]);
        }
        if (pattern.Length == 0 || pattern[0] == '!') return;                 // git forbids negation here and ignores the line
        bool? isLfs = null;
        foreach (var state in states.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var name = (state[0] is '-' or '!' ? state[1..] : state).Split('=')[0];
            if (!IsAttributeName(name)) return;                               // git drops the whole line
            if (name == "filter") isLfs = state == "filter=lfs";
        }
        if (isLfs is { } known) _rules.Add((new(pattern), known));
    }

    static bool IsAttributeName(string name) => name.Length > 0 && name[0] != '-' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    static string LfsLines(IEnumerable<string> patterns) => string.Concat(patterns.Select(pattern => $"{pattern} filter=lfs diff=lfs merge=lfs -text\n"));
}

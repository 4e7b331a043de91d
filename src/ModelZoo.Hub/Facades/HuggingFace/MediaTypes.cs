using ModelZoo.Git;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Media types by file name. What a browser would run is plain text here.</summary>
static class MediaTypes
{
    const string Text = "text/plain; charset=utf-8";

    static readonly Dictionary<string, string> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".json"] = "application/json; charset=utf-8", [".png"] = "image/png", [".jpg"] = "image/jpeg", [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif", [".webp"] = "image/webp", [".bmp"] = "image/bmp", [".pdf"] = "application/pdf", [".wav"] = "audio/wav",
        [".mp3"] = "audio/mpeg", [".flac"] = "audio/flac", [".ogg"] = "audio/ogg", [".mp4"] = "video/mp4", [".webm"] = "video/webm",
        [".wasm"] = "application/wasm", [".csv"] = "text/csv; charset=utf-8",
    };

    static readonly HashSet<string> s_text = new(StringComparer.OrdinalIgnoreCase)
    {
        "", ".md", ".txt", ".html", ".htm", ".xhtml", ".svg", ".xml", ".js", ".mjs", ".ts", ".css", ".py", ".sh", ".yml", ".yaml", ".toml",
        ".cfg", ".ini", ".jsonl", ".tsv", ".log", ".rst", ".ipynb", ".c", ".h", ".cpp", ".cs", ".java", ".rs", ".go", ".gitattributes",
        ".gitignore", ".jinja", ".vocab", ".merges",
    };

    public static string Of(RepoPath path)
    {
        var extension = Path.GetExtension(path.Name);
        return s_types.TryGetValue(extension, out var type) ? type : s_text.Contains(extension) ? Text : "application/octet-stream";
    }
}

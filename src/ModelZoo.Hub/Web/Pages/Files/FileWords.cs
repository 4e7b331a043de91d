using ModelZoo.Git;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>What a file is, in words, going by its name. Content decides only whether it is shown as text.</summary>
static class FileWords
{
    static readonly Dictionary<string, string> s_byEnding = new(StringComparer.OrdinalIgnoreCase)
    {
        [".safetensors"] = "safetensors weights", [".gguf"] = "GGUF weights", [".onnx"] = "an ONNX model",
        [".bin"] = "a binary file, often a pickle, which is not opened here", [".pt"] = "a pickle file, which is not opened here",
        [".pth"] = "a pickle file, which is not opened here", [".ckpt"] = "a pickle file, which is not opened here", [".pkl"] = "a pickle file, which is not opened here",
        [".h5"] = "an HDF5 file", [".tflite"] = "a TensorFlow Lite model", [".npz"] = "NumPy arrays", [".npy"] = "a NumPy array",
        [".parquet"] = "a Parquet table", [".arrow"] = "an Arrow table", [".zip"] = "a ZIP archive", [".gz"] = "a gzip archive", [".tar"] = "a tar archive", [".zst"] = "a Zstandard archive",
        [".json"] = "JSON", [".jsonl"] = "JSON lines", [".yaml"] = "YAML", [".yml"] = "YAML", [".toml"] = "TOML", [".md"] = "Markdown", [".txt"] = "text", [".csv"] = "comma-separated values",
        [".py"] = "Python", [".js"] = "JavaScript", [".ts"] = "TypeScript", [".cs"] = "C#", [".sh"] = "a shell script", [".ipynb"] = "a notebook",
        [".png"] = "a PNG picture", [".jpg"] = "a JPEG picture", [".jpeg"] = "a JPEG picture", [".svg"] = "an SVG drawing", [".webp"] = "a WebP picture", [".gif"] = "a GIF picture",
        [".wav"] = "sound", [".mp3"] = "sound", [".flac"] = "sound", [".mp4"] = "a film", [".pdf"] = "a PDF document",
        [".model"] = "a tokenizer model", [".gitattributes"] = "which files are kept as large files",
    };

    public static string Of(RepoPath path, bool isText) =>
        s_byEnding.TryGetValue(Path.GetExtension(path.Name), out var words) ? words : isText ? "text" : "a binary file";

    /// <summary>Formats whose header is read without executing anything.</summary>
    public static bool HasReadableHeader(RepoPath path) => Path.GetExtension(path.Name).ToLowerInvariant() is ".safetensors" or ".gguf" or ".onnx";
}

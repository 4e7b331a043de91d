namespace ModelZoo.Hub.Search;

/// <summary>What repositories are told apart by. Each value of each field has the set of its repositories.</summary>
enum IndexField { Kind, Author, Task, Library, Licence, Language, Format, Size, Tag, LinkedModel, LinkedDataset, Linked }

/// <summary>One value of one field.</summary>
readonly record struct IndexTerm(IndexField Field, string Value);

/// <summary>The tags that say in which format a repository's content lies.</summary>
static class WeightFormats
{
    static readonly HashSet<string> s_formats = ["safetensors", "gguf", "onnx", "pytorch", "tf", "jax", "tflite", "openvino"];

    public static string? Find(string tag) =>
        s_formats.Contains(tag) ? tag : tag.StartsWith("format:", StringComparison.Ordinal) ? tag["format:".Length..] : null;
}

namespace ModelZoo.Hub.Search;

/// <summary>What repositories are told apart by. Each value of each field has the set of its repositories.</summary>
enum IndexField { Kind, Author, Task, Library, Licence, Language, Format, Size, Tag, LinkedModel, LinkedDataset, Linked }

/// <summary>One value of one field.</summary>
readonly record struct IndexTerm(IndexField Field, string Value);

/// <summary>Ranges of parameter counts that lists are narrowed by.</summary>
static class SizeBucket
{
    static readonly (long Below, string Name)[] s_buckets =
        [(10_000_000, "0-10M"), (100_000_000, "10M-100M"), (1_000_000_000, "100M-1B"), (10_000_000_000, "1B-10B"), (100_000_000_000, "10B-100B"), (long.MaxValue, "100B+")];

    /// <summary>Smallest first.</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_buckets.Select(bucket => bucket.Name)];

    public static string Of(long parameters)
    {
        foreach (var (below, name) in s_buckets)
            if (parameters < below) return name;
        return s_buckets[^1].Name;
    }
}

/// <summary>The tags that say in which format a repository's content lies.</summary>
static class WeightFormats
{
    static readonly HashSet<string> s_formats = ["safetensors", "gguf", "onnx", "pytorch", "tf", "jax", "tflite", "openvino"];

    public static string? Find(string tag) =>
        s_formats.Contains(tag) ? tag : tag.StartsWith("format:", StringComparison.Ordinal) ? tag["format:".Length..] : null;
}

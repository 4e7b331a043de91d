using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Files of a source beside its weights.</summary>
static class MergeFiles
{
    const int MaxTextBytes = 4 << 20;
    const long MaxCopiedBytes = 256 << 20;

    /// <summary>What makes weights a model: copied from the base or the first model.</summary>
    static readonly string[] s_companions =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json",
        "merges.txt", "chat_template.jinja", "labels.txt",
    ];

    public static bool IsTokenizer(string path) => path is not ("config.json" or "generation_config.json" or "preprocessor_config.json" or "labels.txt");

    /// <summary>Names of what there is of them.</summary>
    public static IEnumerable<string> Companions(OpenedSource source) => s_companions.Where(name => source.Tree.Find(name) is { SizeBytes: <= MaxCopiedBytes });

    /// <summary>Null where there is none.</summary>
    public static async Task<string?> ReadTextAsync(OpenedSource source, string path, CancellationToken stop)
    {
        if (source.Tree.Find(path) is not { SizeBytes: <= MaxTextBytes } entry) return null;
        using var text = new MemoryStream((int)entry.SizeBytes);
        await CopyAsync(source, path, text, stop);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    public static async Task CopyAsync(OpenedSource source, string path, Stream to, CancellationToken stop)
    {
        var from = await source.Tree.OpenAsync(path, stop);
        using var _ = from as IDisposable;
        var buffer = new byte[1 << 20];
        for (long at = 0; at < from.Length;)
        {
            var read = await from.ReadAsync(at, buffer, stop);
            if (read <= 0) throw new WeightFormatException(WeightFormat.Unknown, $"'{path}' ends too early.");
            await to.WriteAsync(buffer.AsMemory(0, read), stop);
            at += read;
        }
    }
}

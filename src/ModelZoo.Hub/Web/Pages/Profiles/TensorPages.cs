using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Profiles;

/// <summary>A page of a tensor table, and the strip of the whole.</summary>
sealed record TensorPage(TensorStrip? Strip, IReadOnlyList<TensorRow> Rows, long Found, string? Query, long From, long? NextFrom)
{
    public static readonly TensorPage Empty = new(null, [], 0, null, 0, null);
}

/// <summary>Reads tensor tables page by page. Strips are kept in memory: the same headers always give the same.</summary>
sealed class TensorPages(ProfileReader profiles) : IDisposable
{
    const int PageSize = 12;
    const int MaxQuery = 200;

    /// <summary>Strips kept, counted in blocks.</summary>
    readonly MemoryCache _strips = new(new MemoryCacheOptions { SizeLimit = 200_000 });

    public async Task<TensorPage> FindAsync(ReadableRepository proof, CommitProfile profile, string query, string from, CancellationToken stop)
    {
        if (profile.TensorCount == 0 || await profiles.FindTensorsAsync(proof, profile, stop) is not { } table) return TensorPage.Empty;
        var words = query.Length == 0 ? null : query.Length > MaxQuery ? query[..MaxQuery] : query;
        var first = long.TryParse(from, out var wanted) && wanted > 0 ? wanted : 0;
        var rows = new List<TensorRow>();
        long found = 0;
        foreach (var tensor in table)
        {
            if (words is not null && !tensor.Name.Contains(words, StringComparison.OrdinalIgnoreCase)) continue;
            found++;
            if (found > first && rows.Count < PageSize) rows.Add(Row(tensor));
            if (words is null && found > first + PageSize) break;      // how many there are is known
        }
        var all = words is null ? profile.TensorCount : found;
        return new(await StripAsync(proof, profile, stop), rows, all, words, first, first + PageSize < all ? first + PageSize : null);
    }

    async Task<TensorStrip?> StripAsync(ReadableRepository proof, CommitProfile profile, CancellationToken stop)
    {
        var key = (proof.Id, profile.Digest);
        if (_strips.TryGetValue(key, out TensorStrip? known)) return known;
        if (await profiles.FindTensorsAsync(proof, profile, stop) is not { } table) return null;
        var blocks = TensorBlocks.Of(table);
        double total = Math.Max(1, blocks.Sum(block => (double)block.Bytes));
        var largest = blocks.MaxBy(block => block.Bytes);
        var finding = largest is null ? "There are no tensors."
            : $"{Quantity.Of(blocks.Count, "block")} from left to right, each as wide as its bytes. The widest is {(largest.Name.EndsWith('s') && largest.Name.Contains(' ') ? "what stands " : "")}{largest.Name}, {Amount.Percent(largest.Bytes / total)} of {Amount.Bytes(total)}.";
        var strip = new TensorStrip(finding, [.. blocks.Select(block => new StripBlock(block.Name, [.. block.BytesByComponent.Select(pair => new RoleShare(ProfileJson.Words(pair.Key).Replace('-', ' '), pair.Value))]))]);
        return _strips.Set(key, strip, new MemoryCacheEntryOptions { Size = blocks.Count + 1 });
    }

    static TensorRow Row(TensorEntry tensor) => new(tensor.Name, tensor.DType, tensor.Shape.Count == 0 ? "scalar" : string.Join(" × ", tensor.Shape), tensor.Elements, tensor.Bytes, tensor.File);

    public void Dispose() => _strips.Dispose();
}

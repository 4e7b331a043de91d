using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>A piece of the file: chunks of a xorb, and how many bytes they are together.</summary>
readonly record struct AnswerTerm(XetHash Xorb, ChunkRange Chunks, int Length);

/// <summary>Chunks to fetch, and where: bytes of the stored xorb below an address.</summary>
sealed record AnswerFetch(XetHash Xorb, ChunkRange Chunks, Uri Address, ModelZoo.Xet.ByteRange Bytes);

/// <summary>How a range of a file is put together (hub-protocol.md 16.1, the older shape: one address for each range).</summary>
sealed record ReconstructionAnswer(int OffsetIntoFirstTerm, IReadOnlyList<AnswerTerm> Terms, IReadOnlyList<AnswerFetch> Fetches)
{
    /// <summary>An answer about a range of some megabytes has far fewer.</summary>
    const int MaxTerms = 100_000;

    /// <exception cref="XetFormatException">Not such an answer, or one that does not hold together.</exception>
    public static ReconstructionAnswer Parse(ReadOnlySpan<byte> json)
    {
        Body? body;
        try { body = JsonSerializer.Deserialize<Body>(json, Json.Options); }
        catch (JsonException e) { throw new XetFormatException("The reconstruction is not the JSON that hubs send.", e); }
        if (body?.Terms is not { Count: <= MaxTerms } || body.FetchInfo is null) throw new XetFormatException("The reconstruction lacks its terms or what to fetch, or has too many.");
        var fetches = new List<AnswerFetch>();
        foreach (var (name, entries) in body.FetchInfo)
            foreach (var entry in entries ?? []) fetches.Add(FetchOf(name, entry));
        var terms = new List<AnswerTerm>(body.Terms.Count);
        foreach (var term in body.Terms)
        {
            if (!XetHash.TryParse(term?.Hash, out var xorb)) throw new XetFormatException("A term of the reconstruction names no xorb.");
            var chunks = ChunksOf(term!.Range);
            if (term.UnpackedLength < chunks.Count || term.UnpackedLength > (long)chunks.Count * XetLimits.MaxChunkBytes) throw new XetFormatException($"A term declares {term.UnpackedLength} bytes in {chunks.Count} chunks.");
            terms.Add(new(xorb, chunks, (int)term.UnpackedLength));
        }
        if (body.OffsetIntoFirstRange < 0 || (terms.Count == 0 ? body.OffsetIntoFirstRange > 0 : body.OffsetIntoFirstRange >= terms[0].Length))
            throw new XetFormatException("The reconstruction skips more than its first term.");
        return new((int)body.OffsetIntoFirstRange, terms, fetches);
    }

    static AnswerFetch FetchOf(string name, Entry? entry)
    {
        if (!XetHash.TryParse(name, out var xorb)) throw new XetFormatException("The reconstruction names no xorb to fetch from.");
        if (!Uri.TryCreate(entry?.Url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var address) || address.Scheme is not ("http" or "https"))
            throw new XetFormatException("The reconstruction gives no address to fetch from.");
        if (entry!.UrlRange is not { Start: >= 0 } bytes || bytes.End < bytes.Start || bytes.End >= XetLimits.MaxXorbBytes) throw new XetFormatException("The reconstruction names bytes that no xorb has.");
        return new(xorb, ChunksOf(entry.Range), address, new(bytes.Start, bytes.End + 1));
    }

    static ChunkRange ChunksOf(Span? range) =>
        range is { Start: >= 0, End: <= XetLimits.MaxXorbChunks } && range.Start < range.End ? new((int)range.Start, (int)range.End)
        : throw new XetFormatException("The reconstruction names chunks that no xorb has.");

    sealed record Body(
        [property: JsonPropertyName("offset_into_first_range")] long OffsetIntoFirstRange, IReadOnlyList<Term?>? Terms,
        [property: JsonPropertyName("fetch_info")] IReadOnlyDictionary<string, IReadOnlyList<Entry?>?>? FetchInfo);

    sealed record Term(string? Hash, [property: JsonPropertyName("unpacked_length")] long UnpackedLength, Span? Range);

    sealed record Entry(Span? Range, string? Url, [property: JsonPropertyName("url_range")] Span? UrlRange);

    sealed record Span(long Start, long End);
}

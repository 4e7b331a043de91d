using System.Globalization;
using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>The LFS batch answer (git-lfs API, docs/api/batch.md; multipart as hub-protocol.md 8.2 describes it).</summary>
sealed record LfsBatch(string? Transfer, IReadOnlyList<LfsObject>? Objects);

sealed record LfsObject(string Oid, long Size, bool? Authenticated, LfsActions? Actions, LfsError? Error);

sealed record LfsActions(LfsAction? Upload, LfsAction? Verify);

sealed record LfsAction(string Href, IReadOnlyDictionary<string, string>? Header)
{
    /// <summary>The parts to send when the hub wants the object in parts; null when it wants it whole.</summary>
    public LfsPartPlan? FindParts(long sizeBytes)
    {
        if (Header is null || !Header.TryGetValue("chunk_size", out var text)) return null;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var partBytes) || partBytes <= 0)
            throw new ZooApiException(200, $"The hub wants parts of '{text}' bytes.");
        var addresses = Header.Where(h => h.Key.Length > 0 && h.Key.All(char.IsAsciiDigit))
            .OrderBy(h => int.Parse(h.Key, CultureInfo.InvariantCulture)).Select(h => h.Value).ToArray();
        var plan = new LfsPartPlan(sizeBytes, partBytes, addresses);
        return addresses.Length == plan.Ranges.Count ? plan
            : throw new ZooApiException(200, $"The hub gave {addresses.Length} addresses for {plan.Ranges.Count} parts.");
    }
}

sealed record LfsStored(IReadOnlyDictionary<int, string> ETags)
{
    /// <summary>Our hub names the parts that its object store has from an earlier try, as "1=etag 2=etag"; others say nothing.</summary>
    public static LfsStored Of(LfsAction upload)
    {
        var etags = new Dictionary<int, string>();
        foreach (var word in (upload.Header?.GetValueOrDefault("stored") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            if (word.IndexOf('=', StringComparison.Ordinal) is var at and > 0 && int.TryParse(word.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                etags[number] = $"\"{word[(at + 1)..]}\"";
        return new(etags);
    }
}

sealed record LfsError(int Code, string? Message);

/// <summary>Which slice of an object goes to which address; part numbers count from 1.</summary>
sealed record LfsPartPlan(long SizeBytes, long PartBytes, IReadOnlyList<string> Addresses)
{
    public RangePlan Ranges => new(SizeBytes, PartBytes);
}

sealed record LfsPart([property: JsonPropertyName("partNumber")] int PartNumber, [property: JsonPropertyName("etag")] string ETag);

using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Xet;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>How files are put together, in the two shapes that client generations know. Only files that the token's repository holds.</summary>
static class ReconstructionEndpoints
{
    const int MaxFiles = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v2/reconstructions/{hash}", GetAsync);
        app.MapGet("/v1/reconstructions/{hash}", GetOlderAsync);
        app.MapGet("/v1/reconstructions", GetManyAsync);
        app.MapPost("/v1/reconstructions", PostManyAsync);
        app.MapMethods("/v1/files/{hash}", ["HEAD"], HeadFileAsync);
        app.MapGet("/v2/file-chunk-hashes/{hash}", (CasReader _, string hash) =>
        {
            XetCasRoutes.ParseHash(hash);
            throw Refusal.NotFound("This hub does not plan edits of files; send the file again, known chunks are not sent twice.");
        });
    }

    static async Task<IResult> GetAsync(CasReader reader, string hash, HttpContext http, XetFileStore files, Reconstruction reconstruction, XorbAddresses addresses, CancellationToken stop)
    {
        var plan = await PlanAsync(reader, hash, http, files, reconstruction, stop);
        var links = await addresses.OfAsync(plan.Fetches, http, mayJoin: true, stop);
        return Results.Json(new
        {
            offset_into_first_range = plan.OffsetIntoFirstTerm,
            terms = plan.Terms.Select(Term),
            xorbs = links.ToDictionary(fetch => fetch.Xorb.ToString(), fetch => fetch.Entries.Select(entry => new { url = entry.Url, ranges = entry.Ranges.Select(range => new { chunks = Chunks(range.Chunks), bytes = Bytes(range.Bytes) }) })),
        });
    }

    static async Task<IResult> GetOlderAsync(CasReader reader, string hash, HttpContext http, XetFileStore files, Reconstruction reconstruction, XorbAddresses addresses, CancellationToken stop)
    {
        var plan = await PlanAsync(reader, hash, http, files, reconstruction, stop);
        var links = await addresses.OfAsync(plan.Fetches, http, mayJoin: false, stop);
        return Results.Json(new
        {
            offset_into_first_range = plan.OffsetIntoFirstTerm, terms = plan.Terms.Select(Term), fetch_info = links.ToDictionary(fetch => fetch.Xorb.ToString(), OlderEntries),
        });
    }

    static Task<IResult> GetManyAsync(CasReader reader, HttpContext http, XetFileStore files, Reconstruction reconstruction, XorbAddresses addresses, CancellationToken stop) =>
        ManyAsync(reader, [.. http.Request.Query["file_id"].OfType<string>()], http, files, reconstruction, addresses, stop);

    static async Task<IResult> PostManyAsync(CasReader reader, HttpContext http, XetFileStore files, Reconstruction reconstruction, XorbAddresses addresses, CancellationToken stop)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, new() { MaxDepth = 8 }, stop);
            if (body.RootElement.ValueKind != JsonValueKind.Array) throw Refusal.Invalid("The body must be a list of files.");
            var hashes = body.RootElement.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("hash", out var hash) ? hash.ToString() : item.ToString()).ToList();
            return await ManyAsync(reader, hashes, http, files, reconstruction, addresses, stop);
        }
        catch (JsonException)
        {
            throw Refusal.Invalid("The body is not valid JSON.");
        }
    }

    /// <summary>Ranges of one xorb are merged over all files, so that an address is fetched once. Files that are not known are left out.</summary>
    static async Task<IResult> ManyAsync(
        CasReader reader, List<string> hashes, HttpContext http, XetFileStore files, Reconstruction reconstruction, XorbAddresses addresses, CancellationToken stop)
    {
        if (hashes.Count > MaxFiles) throw Refusal.Invalid($"At most {MaxFiles} files may be asked for at once.");
        var plans = new Dictionary<string, ReconstructionPlan>();
        foreach (var hash in hashes.Distinct())
            if (await FindAsync(reader, hash, files, stop) is { } file) plans[hash] = await reconstruction.PlanAsync(file, null, stop);
        var fetches = await addresses.OfAsync(Merge(plans.Values.SelectMany(plan => plan.Fetches)), http, mayJoin: false, stop);
        return Results.Json(new
        {
            files = plans.ToDictionary(plan => plan.Key, plan => plan.Value.Terms.Select(Term)),
            fetch_info = fetches.ToDictionary(fetch => fetch.Xorb.ToString(), OlderEntries),
        });
    }

    static IReadOnlyList<XorbFetch> Merge(IEnumerable<XorbFetch> fetches) =>
    [
        .. fetches.GroupBy(fetch => fetch.Xorb).Select(group =>
        {
            var merged = new List<FetchRange>();
            foreach (var range in group.SelectMany(fetch => fetch.Ranges).OrderBy(range => range.Chunks.Start).ThenBy(range => range.Chunks.End))
            {
                if (merged.Count == 0 || merged[^1].Chunks.End < range.Chunks.Start) merged.Add(range);
                else if (merged[^1].Chunks.End < range.Chunks.End)
                    merged[^1] = new(new(merged[^1].Chunks.Start, range.Chunks.End), new(merged[^1].Bytes.Start, range.Bytes.End));
            }
            return new XorbFetch(group.Key, merged);
        }),
    ];

    static async Task<IResult> HeadFileAsync(CasReader reader, string hash, HttpContext http, XetFileStore files, CancellationToken stop)
    {
        var file = await GetFileAsync(reader, hash, files, stop);
        http.Response.ContentLength = file.SizeBytes;
        return Results.Empty;
    }

    static async Task<ReconstructionPlan> PlanAsync(CasReader reader, string hash, HttpContext http, XetFileStore files, Reconstruction reconstruction, CancellationToken stop)
    {
        var file = await GetFileAsync(reader, hash, files, stop);
        return await reconstruction.PlanAsync(file, FindRange(http.Request.Headers.Range), stop);
    }

    static async Task<XetFile> GetFileAsync(CasReader reader, string hash, XetFileStore files, CancellationToken stop) =>
        await FindAsync(reader, hash, files, stop) ?? throw Refusal.NotFound("There is no such file.");

    /// <summary>What the repository links; and for whoever may write, also what he has just registered himself.</summary>
    static Task<XetFile?> FindAsync(CasReader reader, string hash, XetFileStore files, CancellationToken stop) =>
        files.FindReachableAsync(XetCasRoutes.ParseHash(hash), reader.Repository.Id, reader.MayWrite ? reader.Actor.Account!.Id : 0, stop);

    /// <summary>"bytes=a-b" and "bytes=a-"; anything else asks for the whole.</summary>
    static ByteRange? FindRange(string? header)
    {
        if (header is null || !header.StartsWith("bytes=", StringComparison.Ordinal) || header[6..].Split('-') is not [var first, var last]) return null;
        if (!long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var start)) return null;
        if (last.Length == 0) return new(start, long.MaxValue);
        if (!long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var end) || end == long.MaxValue) return null;
        return end < start ? null : new ByteRange(start, end + 1);
    }

    static IEnumerable<object> OlderEntries(XorbLinks fetch) =>
        fetch.Entries.SelectMany(entry => entry.Ranges.Select(range => new { range = Chunks(range.Chunks), url = entry.Url, url_range = Bytes(range.Bytes) }));

    static object Term(ShardTerm term) => new { hash = term.Xorb.ToString(), unpacked_length = term.Length, range = Chunks(term.Chunks) };

    static object Chunks(ChunkRange range) => new { start = range.Start, end = range.End };

    /// <summary>As a Range header counts: the last byte, and not the one after it.</summary>
    static object Bytes(ByteRange range) => new { start = range.Start, end = range.Last };
}

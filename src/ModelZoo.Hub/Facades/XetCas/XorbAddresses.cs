using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Xet;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Facades.XetCas;

/// <summary>Where to fetch what is needed of one xorb.</summary>
sealed record XorbLinks(XetHash Xorb, IReadOnlyList<XorbLink> Entries);

/// <summary>An address that gives exactly these ranges and nothing else of the xorb.</summary>
sealed record XorbLink(string Url, IReadOnlyList<FetchRange> Ranges);

/// <summary>
/// Makes addresses for parts of xorbs that carry their own permission for a while. The permission is for exactly the byte ranges
/// that a file needs, because the rest of the xorb may belong to files that are nobody else's. No two addresses are alike: clients
/// tell downloads apart by them.
/// </summary>
sealed class XorbAddresses(UrlSigner signer, PublicAddress address, Xorbs xorbs, IBlobStore blobs, HubOptions options)
{
    static readonly TimeSpan s_validFor = TimeSpan.FromHours(1);

    /// <summary>Ranges in one address: few enough for every proxy's longest line.</summary>
    const int MaxRanges = 64;

    /// <param name="mayJoin">Let one address stand for several ranges, which are then fetched with one request.</param>
    public async Task<IReadOnlyList<XorbLinks>> OfAsync(IReadOnlyList<XorbFetch> fetches, HttpContext http, bool mayJoin, CancellationToken stop)
    {
        var stored = options.Storage.SendsElsewhere ? await xorbs.FindManyAsync(fetches.Select(fetch => fetch.Xorb), stop) : null;
        var root = XetCasRoutes.Base(address.Of(http));
        return
        [
            .. fetches.Select(fetch =>
            {
                // The object store signs one range at a time; a view has no object of its own.
                var direct = stored is not null && stored.TryGetValue(fetch.Xorb, out var xorb) && xorb.ViewOffset is null ? xorb : null;
                return new XorbLinks(fetch.Xorb, [.. fetch.Ranges.Chunk(mayJoin && direct is null ? MaxRanges : 1).Select(ranges => new XorbLink(
                    direct is not null && blobs.SignRange(direct.Digest, ranges[0].Bytes.Start, ranges[0].Bytes.Last, s_validFor) is { } signed ? signed.AbsoluteUri : Sign(root, fetch.Xorb, ranges),
                    ranges))]);
            }),
        ];
    }

    string Sign(string root, XetHash xorb, IReadOnlyList<FetchRange> ranges)
    {
        var text = string.Join(',', ranges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.Bytes.Start}-{range.Bytes.Last}")));
        return $"{root}/xorbs/{xorb}?r={text}&{signer.Sign(Subject(xorb, text), s_validFor)}";
    }

    public static string Subject(XetHash xorb, string ranges) => $"xorb {xorb} {ranges}";
}

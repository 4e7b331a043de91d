using System.Net;
using System.Net.Http.Headers;

namespace ModelZoo.Weights;

/// <summary>
/// A source over a file on a server that answers range requests. Opening it brings the first bytes and the length in one round trip, so the header of
/// a common shard costs that one; a longer header costs one more.
/// </summary>
public sealed class HttpByteSource : IByteSource
{
    /// <summary>What detecting a format and reading a common header need.</summary>
    const int FirstBytes = PrefixSource.PrefixBytes;

    readonly HttpClient _http;
    readonly Uri _address;
    readonly EntityTagHeaderValue? _version;
    readonly byte[] _first;

    HttpByteSource(HttpClient http, Uri address, EntityTagHeaderValue? version, byte[] first, long length) =>
        (_http, _address, _version, _first, Length) = (http, address, version, first, length);

    public long Length { get; }

    /// <summary>Requests sent so far, the first included.</summary>
    public int RoundTrips => _roundTrips;

    int _roundTrips = 1;

    /// <param name="http">Brings whatever the server asks for, such as a token; redirects are its business too.</param>
    /// <exception cref="HttpRequestException">The server refuses, or sends something other than the bytes that were asked for.</exception>
    public static async Task<HttpByteSource> OpenAsync(HttpClient http, Uri address, CancellationToken stop)
    {
        using var response = await SendAsync(http, address, 0, FirstBytes - 1, null, stop);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && response.Content.Headers.ContentRange?.Length == 0)
            return new(http, address, null, [], 0);
        response.EnsureSuccessStatusCode();
        // Only a strong tag names bytes; a weak one would let them change under a reader.
        var version = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (response.Content.Headers.ContentRange is not { From: 0, Length: { } length }) throw new HttpRequestException("The server sent a part of the file without saying which, or of how much.");
            return new(http, address, version, await ReadAsync(response, (int)Math.Min(FirstBytes, length), stop), length);
        }
        // The server knows no ranges. A small file is there already; of a large one every piece would be all of it.
        if (response.Content.Headers.ContentLength is not { } whole || whole > FirstBytes) throw new HttpRequestException("The server does not send parts of files, so a large one is not read.");
        return new(http, address, version, await ReadAsync(response, (int)whole, stop), whole);
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length || buffer.Length == 0) return 0;
        if (offset < _first.Length)
        {
            var known = (int)Math.Min(buffer.Length, _first.Length - offset);
            _first.AsSpan((int)offset, known).CopyTo(buffer.Span);
            return known;
        }
        var count = (int)Math.Min(buffer.Length, Length - offset);
        Interlocked.Increment(ref _roundTrips);
        using var response = await SendAsync(_http, _address, offset, offset + count - 1, _version, stop);
        if (response.StatusCode == HttpStatusCode.PreconditionFailed) throw new HttpRequestException("The file changed while it was read.");
        response.EnsureSuccessStatusCode();
        if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange is not { } sent || sent.From != offset || (sent.Length is { } length && length != Length))
            throw new HttpRequestException($"Asked for bytes {offset}-{offset + count - 1} of {Length}, was sent '{response.Content.Headers.ContentRange}'.");
        (await ReadAsync(response, count, stop)).CopyTo(buffer);
        return count;
    }

    static Task<HttpResponseMessage> SendAsync(HttpClient http, Uri address, long from, long to, EntityTagHeaderValue? version, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = new RangeHeaderValue(from, to);
        request.Headers.AcceptEncoding.ParseAdd("identity");
        if (version is not null) request.Headers.IfMatch.Add(version);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
    }

    static async Task<byte[]> ReadAsync(HttpResponseMessage response, int count, CancellationToken stop)
    {
        var bytes = new byte[count];
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        var read = await body.ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false, stop);
        return read == count ? bytes : throw new HttpRequestException($"The server sent {read} bytes where {count} were asked for.");
    }
}

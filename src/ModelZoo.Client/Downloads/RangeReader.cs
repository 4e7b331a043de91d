using System.Net;
using System.Net.Http.Headers;

namespace ModelZoo.Client;

/// <summary>Reads bytes of one file over one connection. A connection lost on the way is a <see cref="LostConnectionException"/>, never confused with trouble of the disk.</summary>
sealed class RangeReader : IDisposable
{
    readonly HttpResponseMessage _response;
    readonly Stream _body;
    readonly CancellationTokenSource _timeout;
    readonly TimeSpan _idle;

    RangeReader(HttpResponseMessage response, Stream body, TimeSpan idle, long start, CancellationToken stop)
    {
        (_response, _body, _idle, Start) = (response, body, idle, start);
        _timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    /// <summary>Where the bytes begin: 0 when the hub ignored the range and sends everything.</summary>
    public long Start { get; }

    public static async Task<RangeReader> OpenAsync(HubTransport hub, string pathAndQuery, ByteRange range, long sizeBytes, CancellationToken stop)
    {
        using var request = hub.Request(HttpMethod.Get, pathAndQuery);
        request.Headers.AcceptEncoding.ParseAdd("identity");
        var whole = range.Start == 0 && range.End == sizeBytes;
        if (!whole) request.Headers.Range = new RangeHeaderValue(range.Start, range.End - 1);
        var response = await hub.SendAsync(request, stop);
        try
        {
            if (response.Content.Headers.ContentEncoding.Count > 0)
                throw new ZooApiException((int)response.StatusCode, "The file came compressed: something between this program and the hub changes it.");
            var start = 0L;
            if (response.StatusCode == HttpStatusCode.PartialContent)
            {
                var sent = response.Content.Headers.ContentRange;
                if (sent?.From != range.Start || (sent.Length is { } total && total != sizeBytes))
                    throw new ZooApiException(206, $"Asked for bytes {range.Start}-{range.End - 1} of {sizeBytes}, was sent '{sent}'.");
                start = range.Start;
            }
            return new(response, await response.Content.ReadAsStreamAsync(stop), hub.Options.IdleTimeout, start, stop);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Some bytes, at least one.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken stop)
    {
        _timeout.CancelAfter(_idle);
        try
        {
            var read = await _body.ReadAsync(buffer, _timeout.Token);
            return read > 0 ? read : throw new LostConnectionException("The connection ended before the file did.");
        }
        catch (IOException e)
        {
            throw new LostConnectionException("The connection broke while a file was coming in.", e);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new LostConnectionException($"The connection was silent for {_idle.TotalSeconds:0} s.", e);
        }
    }

    public void Dispose()
    {
        _timeout.Dispose();
        _body.Dispose();
        _response.Dispose();
    }
}

/// <summary>A file's bytes stopped coming; the rest may be asked for. Calls that got no answer at all were already repeated below.</summary>
sealed class LostConnectionException(string message, Exception? cause = null) : HttpRequestException(HttpRequestError.ResponseEnded, message, cause);

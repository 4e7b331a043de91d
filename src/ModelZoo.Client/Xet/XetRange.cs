using System.Net;
using System.Net.Http.Headers;
using Microsoft.Win32.SafeHandles;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>
/// Brings a range of a file as chunks: asks how it is put together, streams the stored pieces, and writes every chunk to all places
/// where the range needs it. Holds one chunk at a time. What comes is checked as a whole by the file's digest afterwards.
/// </summary>
sealed class XetRange(HubTransport hub, XetAccess access, XetHash file, ByteRange range, SafeFileHandle target, Action<long> written)
{
    /// <summary>An answer about 32 MB has a few hundred terms.</summary>
    const int MaxAnswerBytes = 32 << 20;

    public async Task RunAsync(CancellationToken stop)
    {
        var answer = await AskAsync(stop);
        // Where each term lies in the file; the first begins before the range by what is to be skipped.
        var writers = new List<TermWriter>();
        var position = range.Start - answer.OffsetIntoFirstTerm;
        foreach (var term in answer.Terms)
        {
            writers.Add(new(term, position));
            position += term.Length;
        }
        if (position < range.End) throw new XetFormatException($"The reconstruction gives {position - range.Start} of {range.LengthBytes} bytes.");
        foreach (var fetch in answer.Fetches)
        {
            var wanted = writers.Where(writer => !writer.IsDone && writer.Term.Xorb == fetch.Xorb && fetch.Chunks.Contains(writer.Term.Chunks)).ToList();
            if (wanted.Count > 0) await FetchAsync(fetch, wanted, stop);
        }
        if (writers.Exists(writer => !writer.IsDone)) throw new XetFormatException("The reconstruction does not say where to fetch all of its chunks.");
    }

    async Task<ReconstructionAnswer> AskAsync(CancellationToken stop)
    {
        using var response = await access.SendAsync(cas =>
        {
            var request = HubTransport.RequestTo(HttpMethod.Get, HubTransport.Verbatim($"{cas}/v1/reconstructions/{file}"));
            request.Headers.Range = new RangeHeaderValue(range.Start, range.End - 1);
            return request;
        }, stop);
        await using var body = new PatientStream(await response.Content.ReadAsStreamAsync(stop), response.Content.Headers.ContentLength, hub.Options.IdleTimeout, stop);
        using var json = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, stop)) > 0; json.Write(buffer, 0, read))
            if (json.Length > MaxAnswerBytes) throw new XetFormatException("The reconstruction is longer than any that hubs send.");
        return ReconstructionAnswer.Parse(json.GetBuffer().AsSpan(0, (int)json.Length));
    }

    async Task FetchAsync(AnswerFetch fetch, List<TermWriter> terms, CancellationToken stop)
    {
        using var request = HubTransport.RequestTo(HttpMethod.Get, fetch.Address);
        request.Headers.Range = new RangeHeaderValue(fetch.Bytes.Start, fetch.Bytes.Last);
        using var response = await hub.SendRawAsync(request, stop);
        // The address may have ended while others were fetched: the range is asked for anew.
        if ((int)response.StatusCode is 401 or 403 or 404 or 410) throw new LostConnectionException("The hub's address for a piece of a file does not hold any more.");
        if (response.StatusCode != HttpStatusCode.PartialContent) throw await ZooApiException.FromAsync(response, stop);
        if (response.Content.Headers.ContentRange?.From != fetch.Bytes.Start) throw new XetFormatException("Other bytes of a xorb came than were asked for.");
        await using var body = new PatientStream(await response.Content.ReadAsStreamAsync(stop), fetch.Bytes.Length, hub.Options.IdleTimeout, stop);
        var reader = new XorbReader(body);
        for (var index = fetch.Chunks.Start; index < fetch.Chunks.End; index++)
        {
            if (!await reader.ReadAsync(stop)) throw new XetFormatException("A piece of a xorb has fewer chunks than it should.");
            foreach (var term in terms) await term.TakeAsync(index, reader.Content, target, range, written, stop);
        }
    }

    /// <summary>Writes one term's chunks to the file as they come.</summary>
    sealed class TermWriter(AnswerTerm term, long start)
    {
        int _taken;

        public AnswerTerm Term => term;

        public bool IsDone => _taken == term.Length;

        public async ValueTask TakeAsync(int index, ReadOnlyMemory<byte> chunk, SafeFileHandle target, ByteRange range, Action<long> written, CancellationToken stop)
        {
            if (index < term.Chunks.Start || index >= term.Chunks.End) return;
            if (chunk.Length > term.Length - _taken || index == term.Chunks.End - 1 && chunk.Length != term.Length - _taken)
                throw new XetFormatException("The chunks of a term have another length than it declares.");
            var at = start + _taken;
            _taken += chunk.Length;
            // The first and the last chunk may reach beyond the range.
            var from = (int)Math.Clamp(range.Start - at, 0, chunk.Length);
            var to = (int)Math.Clamp(range.End - at, from, chunk.Length);
            if (from == to) return;
            await RandomAccess.WriteAsync(target, chunk[from..to], at + from, stop);
            written(to - from);
        }
    }
}

using System.IO.Compression;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A file that is kept in pieces, read from its beginning. One piece is in memory at a time.</summary>
sealed class PartStream(EvaluationStore store, long id, IReadOnlyList<EvaluationPart> places) : ForwardStream
{
    GZipStream? _piece;
    int _next;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop = default)
    {
        while (true)
        {
            if (_piece is null)
            {
                if (_next == places.Count || await store.FindPartAsync(id, places[_next].File, places[_next].BeginsAt, stop) is not { } part) return 0;
                _piece = new(new MemoryStream(part.Content), CompressionMode.Decompress);
                _next++;
            }
            if (await _piece.ReadAsync(buffer, stop) is var read and > 0) return read;
            await _piece.DisposeAsync();
            _piece = null;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _piece?.Dispose();
        base.Dispose(disposing);
    }
}

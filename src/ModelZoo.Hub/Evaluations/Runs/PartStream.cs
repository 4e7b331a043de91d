using System.IO.Compression;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>A file that is kept in pieces, read from its beginning. One piece is in memory at a time.</summary>
sealed class PartStream(EvaluationStore store, long id, IReadOnlyList<EvaluationPart> places) : Stream
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

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken stop) => ReadAsync(buffer.AsMemory(offset, count), stop).AsTask();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Rows are read asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _piece?.Dispose();
        base.Dispose(disposing);
    }
}

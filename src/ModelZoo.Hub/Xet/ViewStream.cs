using ModelZoo.Hub.Storage;
using ModelZoo.Weights;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// A range of a serialized xorb that is a view of a file: before each chunk its eight bytes, then the file's own bytes. The chunks
/// of a view lie one after the other in the file, so one forward reading of it is enough.
/// </summary>
sealed class ViewStream : ForwardStream
{
    readonly XorbIndex _index;
    readonly Stream _content;
    readonly byte[] _header = new byte[ChunkHeader.Size];
    readonly long _end;
    long _position;
    int _chunk;

    ViewStream(XorbIndex index, Stream content, ByteRange range, int chunk)
    {
        (_index, _content, _position, _end, _chunk) = (index, content, range.Start, range.End, chunk);
        Length = range.Length;
        WriteHeader();
    }

    public static async Task<ViewStream> OpenAsync(IBlobStore blobs, StoredXorb xorb, long offset, ByteRange range, CancellationToken stop)
    {
        var index = xorb.Index;
        int first = ChunkHolding(index, range.Start), last = range.Length == 0 ? first : ChunkHolding(index, range.Last);
        var start = offset + ContentAt(index, first, range.Start);
        var end = offset + ContentAt(index, last, range.End);
        return new(index, await blobs.OpenReadAsync(xorb.Digest, start, end - start, stop), range, first);
    }

    static int ChunkHolding(XorbIndex index, long stored)
    {
        int low = 0, high = index.Count - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (index.BytesOf(new(middle, middle + 1)).End > stored) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// <summary>Where in the content a place of the serialized chunk stands; the whole header stands at the chunk's begin.</summary>
    static long ContentAt(XorbIndex index, int chunk, long stored) =>
        index.ContentStart(chunk) + Math.Clamp(stored - index.BytesOf(new(chunk, chunk + 1)).Start - ChunkHeader.Size, 0, index.Chunks[chunk].Length);

    void WriteHeader() => new ChunkHeader(_index.Chunks[_chunk].Length, ChunkScheme.Raw, _index.Chunks[_chunk].Length).Write(_header);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _end || buffer.Length == 0) return 0;
        var bytes = _index.BytesOf(new(_chunk, _chunk + 1));
        if (_position == bytes.End)
        {
            bytes = _index.BytesOf(new(++_chunk, _chunk + 1));
            WriteHeader();
        }
        var inChunk = (int)(_position - bytes.Start);
        var count = (int)Math.Min(buffer.Length, _end - _position);
        if (inChunk < ChunkHeader.Size)
        {
            count = Math.Min(count, ChunkHeader.Size - inChunk);
            _header.AsSpan(inChunk, count).CopyTo(buffer.Span);
        }
        else
        {
            count = await _content.ReadAsync(buffer[..(int)Math.Min(count, bytes.End - _position)], cancellationToken);
            if (count == 0) throw new EndOfStreamException("A file that xorbs are views of ends too early.");
        }
        _position += count;
        return count;
    }

    public override long Length { get; }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _content.Dispose();
        base.Dispose(disposing);
    }

    public override async ValueTask DisposeAsync()
    {
        await _content.DisposeAsync();
        await base.DisposeAsync();
    }
}

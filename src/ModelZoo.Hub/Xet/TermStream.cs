using System.Buffers;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// A stretch of a file, decoded from its terms as it is read: one xorb open at a time, one chunk in memory. Whatever the store holds,
/// what leaves here has exactly the promised length or is an exception.
/// </summary>
sealed class TermStream : ForwardStream
{
    readonly IBlobStore _blobs;
    readonly XorbBytes _bytes;
    readonly Queue<TrimmedTerm> _terms;
    readonly byte[] _stored = ArrayPool<byte>.Shared.Rent(XetLimits.MaxStoredChunkBytes);
    readonly byte[] _content = ArrayPool<byte>.Shared.Rent(XetLimits.MaxChunkBytes);
    Stream? _open;
    int _chunksLeft;
    int _begin, _end;       // what of _content is not yet read
    int _skip;
    long _left;
    bool _disposed;

    /// <param name="skip">Bytes of the first chunk before the stretch.</param>
    TermStream(IBlobStore blobs, XorbBytes bytes, IEnumerable<TrimmedTerm> terms, int skip, long length)
    {
        (_blobs, _bytes, _terms, _skip, _left) = (blobs, bytes, new(terms), skip, length);
        Length = length;
    }

    /// <summary>Only the chunks that hold bytes of the stretch are fetched and decoded.</summary>
    /// <param name="terms">Those that touch the stretch, in file order.</param>
    public static async Task<TermStream> OpenAsync(
        IBlobStore blobs, Xorbs xorbs, XorbBytes bytes, IReadOnlyList<XetTerm> terms, long offset, long length, CancellationToken stop)
    {
        var trimmed = new List<TrimmedTerm>(terms.Count);
        var skip = 0;
        long position = offset, end = offset + length;
        // Few xorbs at a time: a large file has more than the cache should hold at once.
        foreach (var slice in terms.Chunk(500))
        {
            var known = await xorbs.FindManyAsync(slice.Select(term => term.Xorb), stop);
            foreach (var term in slice)
            {
                if (!known.TryGetValue(term.Xorb, out var xorb)) throw new FileNotFoundException($"There is no xorb {term.Xorb}.");
                if (!xorb.Index.Contains(term.Chunks) || term.FileOffset > position || term.FileOffset + term.UnpackedBytes <= position)
                    throw new EndOfStreamException($"The terms of a file do not hold byte {position}.");
                var before = xorb.Index.ContentStart(term.Chunks.Start) - term.FileOffset;
                var first = xorb.Index.ChunkAt((int)(position + before));
                var until = Math.Min(end, term.FileOffset + term.UnpackedBytes);
                var last = xorb.Index.ChunkAt((int)(until - 1 + before));
                if (position == offset) skip = (int)(position + before - xorb.Index.ContentStart(first));
                var range = new ChunkRange(first, last + 1);
                trimmed.Add(new(term.Xorb, xorb.Index.BytesOf(range), range.Count));
                position = until;
                if (position == end) break;
            }
        }
        if (position != end) throw new EndOfStreamException($"The terms of a file end at byte {position}, {end - position} bytes too early.");
        return new(blobs, bytes, trimmed, skip, length);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.Length == 0) return 0;
        while (_begin == _end) await NextAsync(cancellationToken);
        var count = (int)Math.Min(Math.Min(buffer.Length, _end - _begin), _left);
        _content.AsSpan(_begin, count).CopyTo(buffer.Span);
        _begin += count;
        _left -= count;
        return count;
    }

    async ValueTask NextAsync(CancellationToken stop)
    {
        if (_chunksLeft == 0)
        {
            if (_open is not null) await _open.DisposeAsync();
            _open = null;
            if (!_terms.TryDequeue(out var term)) throw new EndOfStreamException("The terms of a file end too early.");
            _open = await _bytes.OpenAsync(_blobs, term.Xorb, term.Bytes, stop);
            _chunksLeft = term.Chunks;
        }
        try
        {
            await _open!.ReadExactlyAsync(_stored.AsMemory(0, ChunkHeader.Size), stop);
            var header = ChunkHeader.Parse(_stored.AsSpan(0, ChunkHeader.Size));
            await _open!.ReadExactlyAsync(_stored.AsMemory(0, header.StoredLength), stop);
            ChunkCodec.Decode(header, _stored.AsSpan(0, header.StoredLength), _content.AsSpan(0, header.Length));
            (_begin, _end) = (Math.Min(_skip, header.Length), header.Length);
            _skip -= _begin;
            _chunksLeft--;
        }
        catch (XetFormatException damage)
        {
            throw new IOException($"A stored chunk is damaged: {damage.Message}", damage);
        }
    }

    public override long Length { get; }

    protected override long? ReadSoFar => Length - _left;

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _open?.Dispose();
            ArrayPool<byte>.Shared.Return(_stored);
            ArrayPool<byte>.Shared.Return(_content);
        }
        base.Dispose(disposing);
    }

    readonly record struct TrimmedTerm(XetHash Xorb, ByteRange Bytes, int Chunks);
}

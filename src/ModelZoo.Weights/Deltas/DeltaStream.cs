using System.Buffers;

namespace ModelZoo.Weights.Deltas;

/// <summary>Opens a range of some content for one forward reading. Bounded by whoever asks; the stream has exactly that many bytes or throws.</summary>
public delegate Task<Stream> OpenRange(long offset, long length, CancellationToken stop);

/// <summary>
/// A range of the content, decoded block by block as it is read. Container and base are read forwards, each range once: what costs is decoding,
/// and of the base as many bytes as are asked for and at most two blocks more.
/// </summary>
public sealed class DeltaStream : ForwardStream
{
    /// <summary>Gaps up to this size are read over; at larger ones the base is opened anew.</summary>
    const int ReadOverBytes = 256 << 10;

    readonly DeltaHeader _header;
    readonly OpenRange? _openBase;
    readonly Stream _container;
    readonly List<DeltaRun> _runs = [];
    readonly byte[] _stored;
    readonly byte[] _content;
    readonly int _last;
    Stream? _base;
    long _baseAt, _baseEnd;
    int _block;             // the next to be decoded
    int _begin, _end;       // what of _content is not yet read
    int _skip;
    long _left;
    bool _disposed;

    DeltaStream(DeltaHeader header, Stream container, OpenRange? openBase, int first, int last, int skip, long length)
    {
        (_header, _container, _openBase, _block, _last, _skip, _left) = (header, container, openBase, first, last, skip, length);
        Length = length;
        int content = 0, stored = 0;
        for (var block = first; block <= last; block++) (content, stored) = (Math.Max(content, header.BlockLength(block)), Math.Max(stored, header.BlockLengths[block]));
        _content = ArrayPool<byte>.Shared.Rent(content);
        _stored = ArrayPool<byte>.Shared.Rent(stored);
    }

    /// <param name="openContainer">Opens ranges of the container.</param>
    /// <param name="openBase">Opens ranges of the base; null only where the container needs none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range lies outside the content.</exception>
    public static async Task<Stream> OpenAsync(DeltaHeader header, OpenRange openContainer, OpenRange? openBase, long offset, long length, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, header.Length - offset);
        if (length == 0) return Null;
        int first = header.BlockAt(offset), last = header.BlockAt(offset + length - 1);
        var start = header.StoredStart(first);
        var stored = 0L;
        for (var block = first; block <= last; block++) stored += header.BlockLengths[block];
        return new DeltaStream(header, await openContainer(start, stored, stop), openBase, first, last, (int)(offset - header.BlockStart(first)), length);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_left == 0 || buffer.Length == 0) return 0;
        if (_begin == _end) await NextAsync(cancellationToken);
        var count = (int)Math.Min(Math.Min(buffer.Length, _end - _begin), _left);
        _content.AsSpan(_begin, count).CopyTo(buffer.Span);
        (_begin, _left) = (_begin + count, _left - count);
        return count;
    }

    async ValueTask NextAsync(CancellationToken stop)
    {
        int length = _header.BlockLength(_block), stored = _header.BlockLengths[_block];
        await _container.ReadExactlyAsync(_stored.AsMemory(0, stored), stop);
        DeltaBlock.ListRuns(_header, _block, _runs);
        foreach (var (target, offset, bytes) in BaseReads.Of(_runs)) await ReadBaseAsync(offset, _content.AsMemory(target, bytes), stop);
        DeltaBlock.Decode(_runs, _stored.AsSpan(0, stored), _content.AsSpan(0, length));
        if (DeltaBlock.Sum(_content.AsSpan(0, length)) != _header.BlockSums[_block]) throw new DeltaFormatException($"Block {_block} of a container is damaged, or its base is another.");
        (_begin, _end, _skip, _block) = (_skip, length, 0, _block + 1);
    }

    async ValueTask ReadBaseAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (_openBase is null) throw new DeltaFormatException("The container needs its base.");
        if (_base is null || offset < _baseAt || offset - _baseAt > ReadOverBytes || offset + buffer.Length > _baseEnd)
        {
            if (_base is not null) await _base.DisposeAsync();
            _base = null;
            _baseEnd = PlanEnd(offset, offset + buffer.Length);
            try
            {
                _base = await _openBase(offset, _baseEnd - offset, stop);
            }
            catch (ArgumentException outside)
            {
                throw new DeltaFormatException("The base is not as long as the container says.", outside);
            }
            _baseAt = offset;
        }
        if (_baseAt < offset)
        {
            var over = ArrayPool<byte>.Shared.Rent((int)(offset - _baseAt));
            await _base.ReadExactlyAsync(over.AsMemory(0, (int)(offset - _baseAt)), stop);
            ArrayPool<byte>.Shared.Return(over);
            _baseAt = offset;
        }
        await _base.ReadExactlyAsync(buffer, stop);
        _baseAt += buffer.Length;
    }

    /// <summary>How far the base will be read from here without going back or far ahead: by this block's rest and those that follow.</summary>
    long PlanEnd(long offset, long end)
    {
        var runs = new List<DeltaRun>();
        var passed = false;
        for (var block = _block; block <= _last; block++)
        {
            DeltaBlock.ListRuns(_header, block, runs);
            foreach (var (_, start, bytes) in BaseReads.Of(runs))
            {
                if (!passed)
                {
                    passed = start == offset;
                    continue;
                }
                if (start < end || start - end > ReadOverBytes) return end;
                end = start + bytes;
            }
        }
        return end;
    }

    public override long Length { get; }

    protected override long? ReadSoFar => Length - _left;

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _base?.Dispose();
            _container.Dispose();
            ArrayPool<byte>.Shared.Return(_stored);
            ArrayPool<byte>.Shared.Return(_content);
        }
        base.Dispose(disposing);
    }
}

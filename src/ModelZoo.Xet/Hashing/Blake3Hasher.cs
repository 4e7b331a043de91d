using System.Numerics;

namespace ModelZoo.Xet;

/// <summary>BLAKE3 over content that arrives piece by piece. Takes 128 KiB and a few chaining values, however much arrives.</summary>
public sealed class Blake3Hasher
{
    // A level of the tree that is complete waits here for its right neighbour; 2⁶⁴ bytes have 47 levels above 128 KiB.
    readonly uint[] _waiting = new uint[8 * 48];
    readonly uint[] _key = new uint[8];
    readonly byte[] _buffer = new byte[Blake3.SubtreeBytes];
    readonly uint _flags;
    readonly Blake3Width _width;
    int _buffered;
    int _waitingCount;
    ulong _subtrees;

    public Blake3Hasher() : this(Blake3Core.Iv, 0, Blake3Width.Widest) { }

    /// <param name="key">32 bytes.</param>
    public Blake3Hasher(ReadOnlySpan<byte> key)
    {
        Blake3.ReadKey(key, _key);
        _flags = Blake3Core.KeyedHash;
        _width = Blake3Width.Widest;
    }

    internal Blake3Hasher(ReadOnlySpan<uint> key, uint flags, Blake3Width width)
    {
        key.CopyTo(_key);
        (_flags, _width) = (flags, width);
    }

    public void Append(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            // The last subtree stays in the buffer: whether it is the root is known only at the end.
            if (_buffered == _buffer.Length)
            {
                Close(_buffer);
                _buffered = 0;
            }
            if (_buffered == 0 && content.Length > _buffer.Length)
            {
                Close(content[.._buffer.Length]);
                content = content[_buffer.Length..];
                continue;
            }
            var taken = Math.Min(content.Length, _buffer.Length - _buffered);
            content[..taken].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += taken;
            content = content[taken..];
        }
    }

    /// <summary>The hash of all that was appended; afterwards the hasher is as new.</summary>
    public XetHash Finish()
    {
        Span<uint> pair = stackalloc uint[16];
        Span<uint> value = pair[8..];
        Blake3.Subtree(_buffer.AsSpan(0, _buffered), _key, _subtrees * (Blake3.SubtreeBytes / Blake3Core.ChunkBytes), _flags, isRoot: _waitingCount == 0, _width, value);
        Span<uint> joined = stackalloc uint[8];
        while (_waitingCount > 0)
        {
            _waiting.AsSpan(8 * --_waitingCount, 8).CopyTo(pair);
            Blake3.Join(pair, _key, _flags | (_waitingCount == 0 ? Blake3Core.Root : 0), joined);
            joined.CopyTo(value);
        }
        (_buffered, _subtrees) = (0, 0);
        return Blake3.ToHash(value);
    }

    /// <summary>A whole subtree, with more content to come: joined with every left neighbour that is complete.</summary>
    void Close(ReadOnlySpan<byte> subtree)
    {
        Span<uint> pair = stackalloc uint[16];
        Span<uint> value = pair[8..];
        Blake3.Subtree(subtree, _key, _subtrees * (Blake3.SubtreeBytes / Blake3Core.ChunkBytes), _flags, isRoot: false, _width, value);
        _subtrees++;
        Span<uint> joined = stackalloc uint[8];
        for (var joins = BitOperations.TrailingZeroCount(_subtrees); joins > 0; joins--)
        {
            _waiting.AsSpan(8 * --_waitingCount, 8).CopyTo(pair);
            Blake3.Join(pair, _key, _flags, joined);
            joined.CopyTo(value);
        }
        value.CopyTo(_waiting.AsSpan(8 * _waitingCount++));
    }
}

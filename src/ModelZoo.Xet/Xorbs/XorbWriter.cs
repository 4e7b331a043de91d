using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace ModelZoo.Xet;

/// <summary>Collects chunks into one xorb in memory, each compressed where that pays.</summary>
public sealed class XorbWriter
{
    readonly int _maxBytes;
    readonly int _maxChunks;
    readonly ConcurrentBag<byte[]> _spare = [];
    byte[] _bytes = [];
    XorbIndexBuilder _index = new();

    /// <param name="maxBytes">At most 64 MiB, which is what a hub must take.</param>
    public XorbWriter(int maxBytes = XetLimits.MaxXorbBytes, int maxChunks = XetLimits.MaxXorbChunks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, ChunkCodec.MaxEncodedBytes(XetLimits.MaxChunkBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, XetLimits.MaxXorbBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxChunks, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxChunks, XetLimits.MaxXorbChunks);
        (_maxBytes, _maxChunks) = (maxBytes, maxChunks);
    }

    public int Count => _index.Count;

    public int StoredLength => _index.StoredLength;

    public int ContentLength => _index.ContentLength;

    /// <summary>False when the xorb has no room for one more chunk of this length, whatever it compresses to: finish it, and add to a new one.</summary>
    public bool TryAdd(ReadOnlySpan<byte> chunk) => TryAdd(XetHashes.OfChunk(chunk), chunk);

    /// <inheritdoc cref="TryAdd(ReadOnlySpan{byte})"/>
    /// <param name="hash">Of the chunk, when it is known already.</param>
    public bool TryAdd(XetHash hash, ReadOnlySpan<byte> chunk)
    {
        var most = ChunkCodec.MaxEncodedBytes(chunk.Length);
        if (Count == _maxChunks || StoredLength + most > _maxBytes) return false;
        if (_bytes.Length == 0 && _spare.TryTake(out var spare)) _bytes = spare;
        if (_bytes.Length < StoredLength + most) Array.Resize(ref _bytes, (int)Math.Min(_maxBytes, Math.Max(2L * _bytes.Length, Math.Max(StoredLength + most, 1 << 20))));
        var stored = ChunkCodec.Encode(chunk, _bytes.AsSpan(StoredLength));
        _index.Add(hash, stored, chunk.Length);
        return true;
    }

    /// <summary>The finished xorb; the writer begins a new one, with a buffer of its own.</summary>
    /// <exception cref="InvalidOperationException">No chunk was added.</exception>
    public Xorb Finish()
    {
        if (Count == 0) throw new InvalidOperationException("A xorb has at least one chunk.");
        var finished = new Xorb(_index.Build(), _bytes.AsMemory(0, StoredLength));
        (_bytes, _index) = ([], new());
        return finished;
    }

    /// <summary>Takes back the buffer of a xorb that nobody reads any more, for one of the next. From any thread.</summary>
    public void Recycle(Xorb finished)
    {
        if (MemoryMarshal.TryGetArray(finished.Bytes, out var bytes)) _spare.Add(bytes.Array!);
    }
}

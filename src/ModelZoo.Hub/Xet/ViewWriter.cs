using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>Collects a blob's chunks into views, written some at a time so that a large blob's are never all in memory, and at the end the file over them.</summary>
sealed class ViewWriter(UncutBlob blob, ChunkingStore store)
{
    const int ViewsAtOnce = 16;

    readonly List<(XorbRow Row, IReadOnlyList<(XetHash Hash, int Index)> Global)> _views = [];
    readonly List<XetTerm> _terms = [];
    readonly MerkleAggregation _file = new();
    List<XetChunk> _chunks = [];
    XetHash? _first;
    long _begin;            // where the open view begins
    int _stored;

    public long Position { get; private set; }

    /// <summary>False when the blob is being removed.</summary>
    public async ValueTask<bool> AddAsync(XetChunk chunk, CancellationToken stop)
    {
        var stored = ChunkHeader.Size + chunk.Length;
        if (_chunks.Count == XetLimits.MaxXorbChunks || _stored + stored > XetLimits.MaxXorbBytes)
        {
            Close();
            if (_views.Count >= ViewsAtOnce && !await FlushAsync(stop)) return false;
        }
        _first ??= chunk.Hash;
        _chunks.Add(chunk);
        _file.Append(chunk);
        _stored += stored;
        Position += chunk.Length;
        return true;
    }

    public async Task<bool> FinishAsync(CancellationToken stop)
    {
        Close();
        if (!await FlushAsync(stop)) return false;
        return _first is { } first && await store.TryAddFileAsync(new(blob.Digest, _file.FinishFile(), Position, IsView: true), _terms, first, stop);
    }

    void Close()
    {
        if (_chunks.Count == 0) return;
        var index = XorbIndex.OfRaw(_chunks);
        var row = new XorbRow
        {
            Hash = index.Hash.ToString(), Digest = blob.DigestHex, ViewOffset = _begin, ChunkCount = index.Count, PackedBytes = index.StoredLength,
            UnpackedBytes = index.ContentLength, Chunks = index.Encode(),
        };
        _views.Add((row, [.. _chunks.Select((chunk, i) => (chunk.Hash, i)).Where(chunk => chunk.Hash.IsGlobal)]));
        _terms.Add(new(index.Hash, index.All, _begin, index.ContentLength));
        (_chunks, _stored, _begin) = ([], 0, Position);
    }

    async Task<bool> FlushAsync(CancellationToken stop)
    {
        if (_views.Count > 0 && !await store.TryAddViewsAsync(blob.Digest, _views, stop)) return false;
        _views.Clear();
        return true;
    }
}

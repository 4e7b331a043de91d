using ModelZoo.Git;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>Collects how a file is put together: its chunks one by one, as runs in xorbs.</summary>
sealed class XetFileBuild
{
    readonly MerkleAggregation _chunks = new();
    readonly List<(XorbBuild Xorb, ChunkRange Chunks, long Length, XetHash Verification)> _terms = [];
    readonly List<XetHash> _run = [];
    XorbBuild? _xorb;
    int _start;
    long _length;

    /// <summary>Entries that it takes in a shard.</summary>
    public int Entries => 2 + 2 * _terms.Count;

    public void Add(XetChunk chunk, ChunkPlace place)
    {
        if (place.Xorb != _xorb || place.Index != _start + _run.Count) CloseRun(place);
        _run.Add(chunk.Hash);
        _length += chunk.Length;
        _chunks.Append(chunk);
    }

    /// <summary>The finished file; every xorb that it refers to has its name by now.</summary>
    public ShardFile Finish(Digest sha256)
    {
        CloseRun(default);
        return new(_chunks.FinishFile(), [.. _terms.Select(term => new ShardTerm(term.Xorb.Hash, term.Chunks, term.Length))],
            [.. _terms.Select(term => term.Verification)], XetHash.FromSha256(Convert.FromHexString(sha256.Hex)));
    }

    void CloseRun(ChunkPlace next)
    {
        if (_run.Count > 0)
            _terms.Add((_xorb!, new(_start, _start + _run.Count), _length, XetHashes.OfVerification(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_run))));
        _run.Clear();
        (_xorb, _start, _length) = (next.Xorb, next.Index, 0);
    }
}

using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>
/// A merged tensor's bytes, computed as they are read and rounded once to the type they are stored in. Blocks are made several at once, one on each core;
/// no number depends on which.
/// </summary>
sealed class MergedSource : IByteSource
{
    /// <summary>What all blocks that are worked on may hold together.</summary>
    const long MostResidentBytes = 256 << 20;

    /// <summary>Blocks of one round for each core: cores that are slower for a while are not waited for at every block.</summary>
    const int BlocksEach = 8;

    readonly IReadOnlyList<TensorContent> _tensors;
    readonly TensorMerge _merge;
    readonly DType _type;
    readonly string _name;
    readonly long _elements;
    MergedBlock[] _window = [];
    long _first;
    int _held;

    MergedSource(string name, IReadOnlyList<TensorContent> tensors, TensorMerge merge, DType type, long elements, long length)
    {
        (_name, _tensors, _merge, _type, _elements, Length) = (name, tensors, merge, type, elements, length);
    }

    public long Length { get; }

    public static TensorContent Of(TensorContent like, IReadOnlyList<TensorContent> tensors, TensorMerge merge, DType type)
    {
        var elements = like.Shape.Aggregate(1L, (product, axis) => checked(product * axis));
        if (!type.IsFloating || !TensorCast.CanEncode(type) || !type.TryGetByteLength(elements, out var length)) throw new MergeException($"Merged tensors cannot be stored as {type}.");
        return new(like.Name, type, like.Shape, new MergedSource(like.Name, tensors, merge, type, elements, length), 0, length);
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= Length || buffer.Length == 0) return 0;
        var blockBytes = (long)TensorBlocks.BlockElements * _type.BytesPerBlock;
        var done = 0;
        while (done < buffer.Length && offset + done < Length)
        {
            var block = (offset + done) / blockBytes;
            if (block < _first || block >= _first + _held) await MakeAsync(block, stop);
            var made = _window[block - _first].Encoded;
            var within = (int)(offset + done - block * blockBytes);
            var count = Math.Min(buffer.Length - done, made.Length - within);
            made.Slice(within, count).CopyTo(buffer[done..]);
            done += count;
        }
        if (offset + done == Length) Release();
        return done;
    }

    /// <summary>Makes blocks from this one on.</summary>
    async ValueTask MakeAsync(long block, CancellationToken stop)
    {
        var blocks = (_elements + TensorBlocks.BlockElements - 1) / TensorBlocks.BlockElements;
        if (_window.Length == 0)
        {
            var all = new TensorBlocks(_tensors);
            await _merge.PrepareAsync(all, stop);
            var room = Math.Max(1, MostResidentBytes / ((_tensors.Count + 2L) * TensorBlocks.BlockElements * sizeof(double)));
            var width = (int)Math.Min(Math.Min(blocks, room), BlocksEach * Environment.ProcessorCount);
            // Sources that stream share one reader and one place in the file; only what is at hand is read by several at once.
            var isAtHand = _tensors.All(tensor => tensor.Source is FileByteSource or MemoryByteSource);
            _window = [.. Enumerable.Range(0, isAtHand ? width : 1).Select(i => new MergedBlock(i == 0 ? all : new TensorBlocks(_tensors), _tensors, _merge, _type))];
        }
        (_first, _held) = (block, 0);
        var count = (int)Math.Min(_window.Length, blocks - block);
        if (count == 1) await _window[0].MakeAsync(block, stop);
        else await Parallel.ForAsync(0, count, stop, (i, halt) => _window[i].MakeAsync(block + i, halt));
        _held = count;
    }

    void Release()
    {
        _merge.Release();
        foreach (var block in _window) block.Release();
        (_window, _held) = ([], 0);
    }

    public override string ToString() => $"merged '{_name}'";
}

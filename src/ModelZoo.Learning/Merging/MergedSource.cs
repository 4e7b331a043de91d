using System.Runtime.InteropServices;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A merged tensor's bytes, computed as they are read and rounded once to the type they are stored in.</summary>
sealed class MergedSource : IByteSource
{
    readonly IReadOnlyList<TensorContent> _tensors;
    readonly TensorMerge _merge;
    readonly DType _type;
    readonly string _name;
    TensorBlocks? _blocks;
    double[] _result = [];
    byte[] _encoded = [];
    long _held = -1;
    int _heldBytes;

    MergedSource(string name, IReadOnlyList<TensorContent> tensors, TensorMerge merge, DType type, long length)
    {
        (_name, _tensors, _merge, _type, Length) = (name, tensors, merge, type, length);
    }

    public long Length { get; }

    public static TensorContent Of(TensorContent like, IReadOnlyList<TensorContent> tensors, TensorMerge merge, DType type)
    {
        var elements = like.Shape.Aggregate(1L, (product, axis) => checked(product * axis));
        if (!type.IsFloating || !TensorCast.CanEncode(type) || !type.TryGetByteLength(elements, out var length)) throw new MergeException($"Merged tensors cannot be stored as {type}.");
        return new(like.Name, type, like.Shape, new MergedSource(like.Name, tensors, merge, type, length), 0, length);
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= Length || buffer.Length == 0) return 0;
        var blockBytes = (long)TensorBlocks.BlockElements * _type.BytesPerBlock;
        var done = 0;
        while (done < buffer.Length && offset + done < Length)
        {
            var block = (offset + done) / blockBytes;
            if (block != _held) await MakeAsync(block, stop);
            var within = (int)(offset + done - block * blockBytes);
            var count = Math.Min(buffer.Length - done, _heldBytes - within);
            _encoded.AsMemory(within, count).CopyTo(buffer[done..]);
            done += count;
        }
        if (offset + done == Length) Release();
        return done;
    }

    async ValueTask MakeAsync(long block, CancellationToken stop)
    {
        if (_blocks is null)
        {
            var blocks = new TensorBlocks(_tensors);
            await _merge.PrepareAsync(blocks, stop);
            _blocks = blocks;
            _result = new double[TensorBlocks.BlockElements];
            _encoded = new byte[TensorBlocks.BlockElements * _type.BytesPerBlock];
        }
        var first = block * TensorBlocks.BlockElements;
        var count = await _blocks.ReadAsync(first, stop);
        _merge.Combine(first, count, _blocks.Values, _result);
        _heldBytes = count * _type.BytesPerBlock;
        TensorCast.Convert(DType.F64, MemoryMarshal.AsBytes(_result.AsSpan(0, count)), _type, _encoded.AsSpan(0, _heldBytes));
        _held = block;
    }

    void Release()
    {
        _merge.Release();
        (_blocks, _result, _encoded, _held) = (null, [], [], -1);
    }

    public override string ToString() => $"merged '{_name}'";
}

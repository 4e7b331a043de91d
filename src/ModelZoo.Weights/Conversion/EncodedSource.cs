using System.Buffers;

namespace ModelZoo.Weights.Conversion;

/// <summary>A tensor's numbers in another type, converted piece by piece as they are read.</summary>
sealed class EncodedSource(TensorContent tensor, DType target) : IByteSource
{
    /// <summary>Small enough for a core's second cache together with what it becomes.</summary>
    const int PieceElements = 1 << 16;

    /// <summary>Elements that fill whole blocks of both types; all block sizes are powers of two.</summary>
    readonly int _unit = Math.Max(tensor.DType.ElementsPerBlock, target.ElementsPerBlock);

    public long Length { get; } = GetLength(tensor, target);

    int UnitBytes => Bytes(_unit, target);

    public static TensorContent Of(TensorContent tensor, DType target)
    {
        if (tensor.DType == target) return tensor;
        var source = new EncodedSource(tensor, target);
        return new(tensor.Name, target, tensor.Shape, source, 0, source.Length);
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= Length || buffer.Length == 0) return 0;
        if (offset % UnitBytes != 0 || buffer.Length < UnitBytes) return await ReadPartAsync(offset, buffer, stop);
        var units = Math.Min(buffer.Length, Length - offset) / UnitBytes;
        var elements = (int)units * _unit;
        var first = offset / UnitBytes * _unit;
        var raw = ArrayPool<byte>.Shared.Rent(Bytes(Math.Min(elements, PieceElements), tensor.DType));
        try
        {
            for (var done = 0; done < elements;)
            {
                var count = Math.Min(PieceElements, elements - done);
                var piece = raw.AsMemory(0, Bytes(count, tensor.DType));
                await tensor.Source.ReadExactlyAsync(tensor.Offset + Bytes(first + done, tensor.DType), piece, $"tensor '{tensor.Name}'", stop);
                var encoded = TensorCast.Convert(tensor.DType, piece.Span, target, buffer.Span.Slice(Bytes(done, target), Bytes(count, target)));
                if (encoded < count)
                    throw new ConversionException($"Tensor '{tensor.Name}' holds a number near element {first + done + encoded} that is none, infinite or too large; {target} cannot express it.");
                done += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
        return Bytes(elements, target);
    }

    /// <summary>A piece of one unit, for who reads from the middle of it.</summary>
    async ValueTask<int> ReadPartAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var unit = new byte[UnitBytes];
        var within = (int)(offset % UnitBytes);
        await ReadAsync(offset - within, unit, stop);
        var count = Math.Min(buffer.Length, unit.Length - within);
        unit.AsSpan(within, count).CopyTo(buffer.Span);
        return count;
    }

    static int Bytes(int elements, DType type) => elements / type.ElementsPerBlock * type.BytesPerBlock;

    static long Bytes(long elements, DType type) => elements / type.ElementsPerBlock * type.BytesPerBlock;

    static long GetLength(TensorContent tensor, DType target)
    {
        if (!TensorCast.CanDecode(tensor.DType) || !TensorCast.CanEncode(target)) throw new ConversionException($"Tensor '{tensor.Name}' of type {tensor.DType} cannot be written as {target}.");
        var elements = Shapes.GetElementCount(tensor.Shape);
        return target.TryGetByteLength(elements, out var bytes) && elements % tensor.DType.ElementsPerBlock == 0
            ? bytes : throw new ConversionException($"Tensor '{tensor.Name}' of {elements} elements does not fill blocks of {target}.");
    }
}

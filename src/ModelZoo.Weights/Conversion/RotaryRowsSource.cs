namespace ModelZoo.Weights.Conversion;

/// <summary>
/// The rows of a query or key projection in the order that ggml's rotary embedding wants. Llama's published weights keep the two numbers that turn
/// together half a head apart; ggml keeps them side by side, so row 2j + p of a head is row p·(d/2) + j of the original.
/// </summary>
/// <remarks>LlamaModel.permute in llama.cpp's converter, 2026.</remarks>
sealed class RotaryRowsSource(TensorContent tensor, long headRows, long rowBytes) : IByteSource
{
    public long Length => tensor.ByteLength;

    /// <param name="heads">How many heads the first axis holds.</param>
    public static TensorContent Of(TensorContent tensor, long heads)
    {
        var rows = tensor.Shape.Count > 0 ? tensor.Shape[0] : 0;
        if (heads <= 0 || rows <= 0 || rows % (2 * heads) != 0)
            throw new ConversionException($"Tensor '{tensor.Name}' of shape {Shapes.Describe(tensor.Shape)} cannot be split into {heads} heads of even size.");
        return tensor with { Source = new RotaryRowsSource(tensor, rows / heads, tensor.ByteLength / rows), Offset = 0 };
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var filled = 0;
        while (filled < buffer.Length && offset + filled < Length)
        {
            var (row, within) = Math.DivRem(offset + filled, rowBytes);
            var (head, place) = Math.DivRem(row, headRows);
            var from = head * headRows + place % 2 * (headRows / 2) + place / 2;
            var count = (int)Math.Min(rowBytes - within, buffer.Length - filled);
            await tensor.Source.ReadExactlyAsync(tensor.Offset + from * rowBytes + within, buffer.Slice(filled, count), $"tensor '{tensor.Name}'", stop);
            filled += count;
        }
        return filled;
    }
}

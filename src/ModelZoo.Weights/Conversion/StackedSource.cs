namespace ModelZoo.Weights.Conversion;

/// <summary>Tensors of one shape and type behind one another, as one tensor with a further axis in front.</summary>
sealed class StackedSource(IReadOnlyList<TensorContent> parts) : IByteSource
{
    public long Length { get; } = parts.Count * parts[0].ByteLength;

    public static TensorContent Of(string name, IReadOnlyList<TensorContent> parts)
    {
        foreach (var part in parts)
            if (part.DType != parts[0].DType || !part.Shape.SequenceEqual(parts[0].Shape))
                throw new ConversionException($"'{part.Name}' differs in shape or type from '{parts[0].Name}', with which it must be stacked.");
        var source = new StackedSource(parts);
        return new(name, parts[0].DType, [parts.Count, .. parts[0].Shape], source, 0, source.Length);
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= Length) return new(0);
        var (index, within) = Math.DivRem(offset, parts[0].ByteLength);
        var part = parts[(int)index];
        return part.Source.ReadAsync(part.Offset + within, buffer[..(int)Math.Min(buffer.Length, part.ByteLength - within)], stop);
    }
}

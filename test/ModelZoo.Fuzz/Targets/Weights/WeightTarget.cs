using ModelZoo.Weights;

namespace ModelZoo.Fuzz.Targets.Weights;

/// <summary>One format of weight files: reads the header, and when it is accepted also the content that it describes.</summary>
abstract class WeightTarget : FuzzTarget
{
    const long MaxContentBytes = 1 << 20;

    /// <summary>Files to begin with; the first is valid.</summary>
    protected abstract IEnumerable<byte[]> Files();

    /// <summary>A fuzzer that begins with files that are refused at once would test the first lines of a parser only, so the first is read.</summary>
    public sealed override IEnumerable<byte[]> Seeds(Random random)
    {
        List<byte[]> files = [.. Files()];
        Run(files[0]);
        return files;
    }

    public sealed override bool IsRefusal(Exception error) => error is WeightFormatException;

    public sealed override string Run(ReadOnlyMemory<byte> input)
    {
        var source = new MemoryByteSource(input);
        var file = WeightReader.ReadHeaderAsync(source, new WeightReadOptions { KeepLongLists = true }, CancellationToken.None).GetAwaiter().GetResult();
        foreach (var tensor in file.Tensors)
        {
            var end = tensor.Offset + (tensor.Strides is null ? tensor.ByteLength : 0);
            if (tensor.Offset != TensorInfo.Unplaced && (tensor.Offset < 0 || end > input.Length || end < 0))
                throw new InvalidOperationException($"Tensor '{tensor.Name}' was placed at {tensor.Offset} with {tensor.ByteLength} bytes of {input.Length}.");
        }
        WeightSummary? summary = null;
        try
        {
            summary = WeightSummary.Of(file);
        }
        catch (OverflowException)        // documented for forged files
        {
        }
        if (summary is { TotalBytes: <= MaxContentBytes } && !file.IsBigEndian && file.Tensors.All(tensor => tensor.Offset >= 0)
             && file.Tensors.Sum(tensor => tensor.ByteLength) <= MaxContentBytes) ReadContent(file, source);
        return $"{file.Format} {Scale(file.Tensors.Count)} {Scale(file.Metadata.Count)} {file.Remarks.Count > 0} {file.RefusedGlobals.Count > 0} {file.IsBigEndian} "
            + $"{Scale(file.Graph?.Operators.Count ?? 0)} {string.Join(',', file.Tensors.Take(3).Select(tensor => $"{tensor.DType}{tensor.Shape.Count}{tensor.Strides is not null}"))}";
    }

    static void ReadContent(WeightFile file, MemoryByteSource source)
    {
        var buffer = new byte[4096];
        foreach (var tensor in TensorContent.Of(file, source))
        {
            for (long done = 0; done < tensor.ByteLength;)
            {
                var read = tensor.Source.ReadAsync(tensor.Offset + done, buffer.AsMemory(0, (int)Math.Min(buffer.Length, tensor.ByteLength - done)), CancellationToken.None).AsTask().GetAwaiter().GetResult();
                if (read <= 0) throw new InvalidOperationException($"Tensor '{tensor.Name}' was accepted, but ends after {done} of {tensor.ByteLength} bytes.");
                done += read;
            }
        }
    }

    static int Scale(int count) => count < 4 ? count : 4 + count.ToString().Length;
}

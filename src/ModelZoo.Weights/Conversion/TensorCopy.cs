using System.Buffers;

namespace ModelZoo.Weights.Conversion;

/// <summary>Copies tensors into a stream. While one piece is written the next is read and converted.</summary>
sealed class TensorCopy(Stream target, Action<string, long>? report) : IDisposable
{
    const int PieceBytes = 1 << 20;

    readonly byte[][] _pieces = [ArrayPool<byte>.Shared.Rent(PieceBytes), ArrayPool<byte>.Shared.Rent(PieceBytes)];
    Task _writing = Task.CompletedTask;
    int _next;

    public async Task WriteAsync(TensorContent tensor, CancellationToken stop)
    {
        for (long done = 0; done < tensor.ByteLength;)
        {
            var piece = _pieces[_next].AsMemory(0, (int)Math.Min(PieceBytes, tensor.ByteLength - done));
            _next = 1 - _next;
            var read = await tensor.Source.ReadAsync(tensor.Offset + done, piece, stop);
            if (read <= 0) throw new WeightFormatException(WeightFormat.Unknown, $"The content of tensor '{tensor.Name}' ends after {done} of {tensor.ByteLength} bytes.");
            await _writing;
            _writing = target.WriteAsync(piece[..read], stop).AsTask();
            done += read;
            report?.Invoke(tensor.Name, read);
        }
    }

    /// <summary>Waits for the last piece; nothing else may be written to the stream before.</summary>
    public Task FlushAsync() => _writing;

    public void Dispose()
    {
        // A write still on its way keeps its buffer: the pool must not hand it to anybody else.
        if (!_writing.IsCompleted) return;
        foreach (var piece in _pieces) ArrayPool<byte>.Shared.Return(piece);
    }
}

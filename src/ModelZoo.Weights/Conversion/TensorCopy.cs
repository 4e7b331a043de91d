using System.Buffers;

namespace ModelZoo.Weights.Conversion;

/// <summary>Copies tensors into a stream. While one piece is written the next is read and converted.</summary>
sealed class TensorCopy(Stream target, Action<string, long>? report) : IDisposable
{
    const int PieceBytes = 1 << 20;

    readonly byte[][] _pieces = target is StagedStream ? [] : [ArrayPool<byte>.Shared.Rent(PieceBytes), ArrayPool<byte>.Shared.Rent(PieceBytes)];
    Task _writing = Task.CompletedTask;
    int _next;

    public Task WriteAsync(TensorContent tensor, CancellationToken stop) => target is StagedStream staged ? FillAsync(staged, tensor, stop) : CopyAsync(tensor, stop);

    /// <summary>Reads into the very memory that is written.</summary>
    async Task FillAsync(StagedStream staged, TensorContent tensor, CancellationToken stop)
    {
        // A file that is only copied leaves nothing to compute beside the writing, and what was just read is still in this core's cache.
        var beside = tensor.Source is not FileByteSource;
        for (long done = 0; done < tensor.ByteLength;)
        {
            stop.ThrowIfCancellationRequested();
            var room = staged.Room;
            if (room.Length > tensor.ByteLength - done) room = room[..(int)(tensor.ByteLength - done)];
            var read = await ReadAsync(tensor, done, room, stop);
            await staged.AdvanceAsync(read, beside);
            done += read;
        }
    }

    async Task CopyAsync(TensorContent tensor, CancellationToken stop)
    {
        for (long done = 0; done < tensor.ByteLength;)
        {
            var piece = _pieces[_next].AsMemory(0, (int)Math.Min(PieceBytes, tensor.ByteLength - done));
            _next = 1 - _next;
            var read = await ReadAsync(tensor, done, piece, stop);
            await _writing;
            _writing = target.WriteAsync(piece[..read], stop).AsTask();
            done += read;
        }
    }

    async ValueTask<int> ReadAsync(TensorContent tensor, long done, Memory<byte> piece, CancellationToken stop)
    {
        var read = await tensor.Source.ReadAsync(tensor.Offset + done, piece, stop);
        if (read <= 0) throw new WeightFormatException(WeightFormat.Unknown, $"The content of tensor '{tensor.Name}' ends after {done} of {tensor.ByteLength} bytes.");
        report?.Invoke(tensor.Name, read);
        return read;
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

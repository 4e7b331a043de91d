using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Counts what is read of another source, as a remote store would bill it.</summary>
sealed class CountingSource(IByteSource inner) : IByteSource
{
    int _reads;
    long _bytesRead;

    public int Reads => _reads;

    public long BytesRead => _bytesRead;

    public long Length => inner.Length;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        Interlocked.Increment(ref _reads);
        var read = await inner.ReadAsync(offset, buffer, stop);
        Interlocked.Add(ref _bytesRead, read);
        return read;
    }
}

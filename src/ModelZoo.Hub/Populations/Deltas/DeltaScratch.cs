using ModelZoo.Hub.Repositories;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>Where a container is written before the blob store has it: in memory, or for large ones in a file without a name.</summary>
static class DeltaScratch
{
    const long InMemoryBytes = 32 << 20;

    public static Stream Create(string dataFolder, long sizeBytes)
    {
        if (sizeBytes <= InMemoryBytes) return new MemoryStream();
        var folder = Directory.CreateDirectory(Path.Combine(dataFolder, "staging")).FullName;
        var path = Path.Combine(folder, $"{Guid.NewGuid():n}.delta");
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None | FileShare.Delete, 1 << 16, FileOptions.DeleteOnClose);
        // Where an open file may lose its name, a killed process leaves nothing behind.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return file;
    }
}

sealed class ScratchSource(Stream scratch) : IByteSource
{
    public long Length => scratch.Length;

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        scratch.Position = offset;
        return scratch.ReadAsync(buffer, stop);
    }
}

/// <summary>Reads a stream that somebody else closes.</summary>
sealed class BorrowedStream(Stream inner) : ForwardStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);
}

/// <summary>Reads a blob forwards from an offset on; somebody else closes it.</summary>
sealed class SequenceStream(BlobSequence blob, long offset) : ForwardStream
{
    long _at = offset;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await blob.ReadAsync(_at, buffer, cancellationToken);
        _at += read;
        return read;
    }
}

/// <summary>A stream that is read forwards, asynchronously, and nothing else.</summary>
abstract class ForwardStream : Stream
{
    public sealed override bool CanRead => true;
    public sealed override bool CanSeek => false;
    public sealed override bool CanWrite => false;
    public sealed override long Length => throw new NotSupportedException();
    public sealed override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);
    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public sealed override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous reading.");
    public sealed override void Flush() { }
    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public sealed override void SetLength(long value) => throw new NotSupportedException();
    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

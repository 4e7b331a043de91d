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

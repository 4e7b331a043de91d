using ModelZoo.Weights;

namespace ModelZoo.Learning.Populations;

/// <summary>A file that is open only while it is read: a population has thousands, and a process may hold few.</summary>
sealed class ReopenedSource(IModelFiles files, ModelFile file) : IByteSource
{
    public long Length => file.SizeBytes;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var source = await files.OpenAsync(file.Path, stop);
        using var _ = source as IDisposable;
        return await source.ReadAsync(offset, buffer, stop);
    }
}

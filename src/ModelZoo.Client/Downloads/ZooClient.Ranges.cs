using ModelZoo.Git;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Some bytes of a file, as for a header: one request, nothing is kept. The size of the file is that of a listing.</summary>
    /// <returns>How many bytes there were; fewer than asked for only at the end of the file.</returns>
    public async Task<int> ReadRangeAsync(RepoId repo, RepoPath path, long offset, Memory<byte> buffer, long sizeBytes, string revision = DefaultBranch, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var wanted = (int)Math.Min(buffer.Length, sizeBytes - offset);
        if (wanted <= 0) return 0;
        using var reader = await RangeReader.OpenAsync(_hub, ResolvePath(repo, path, revision), new(offset, wanted), sizeBytes, stop);
        // A hub that ignores ranges sends everything: what lies before is passed over.
        var rubbish = new byte[reader.Start < offset ? 81_920 : 0];
        for (var before = offset - reader.Start; before > 0;) before -= await reader.ReadAsync(rubbish.AsMemory(0, (int)Math.Min(rubbish.Length, before)), stop);
        var filled = 0;
        while (filled < wanted) filled += await reader.ReadAsync(buffer[filled..wanted], stop);
        return filled;
    }
}

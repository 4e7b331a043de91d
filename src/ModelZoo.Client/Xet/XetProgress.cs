using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>Counts how much of a file has arrived or need not be sent.</summary>
sealed class XetProgress(RepoPath path, long totalBytes, IProgress<TransferProgress>? progress)
{
    long _done;
    long _known;

    public long KnownBytes => Interlocked.Read(ref _known);

    public void Sent(long bytes) => Report(TransferStage.Uploading, Interlocked.Add(ref _done, bytes));

    public void Known(long bytes)
    {
        Interlocked.Add(ref _known, bytes);
        Sent(bytes);
    }

    public void Finish() => Report(TransferStage.Done, totalBytes);

    void Report(TransferStage stage, long done) => progress?.Report(new(path, stage, done, totalBytes) { KnownBytes = KnownBytes });
}

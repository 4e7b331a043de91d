namespace ModelZoo.Hub.Serving.Folders;

/// <summary>A file of a commit folder.</summary>
/// <param name="Path">Inside the repository, and inside the folder.</param>
/// <param name="Sha256">In lower-case hex, computed from the bytes that lie there.</param>
sealed record CommitFile(string Path, string Sha256, long SizeBytes);

/// <summary>
/// Files of a commit as a local folder that nobody writes to. It stays as long as anybody holds it; dispose it when done. Commits with the same
/// files share one.
/// </summary>
sealed class CommitFolder(string path, string digest, IReadOnlyList<CommitFile> files, Action giveBack) : IDisposable
{
    Action? _giveBack = giveBack;

    public string Path => path;

    /// <summary><see cref="Evaluation.Records.FilesDigest"/> of all its files.</summary>
    public string Digest => digest;

    public IReadOnlyList<CommitFile> Files => files;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}

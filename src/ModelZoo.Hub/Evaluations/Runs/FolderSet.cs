using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>Folders that are held together and given back together.</summary>
sealed class FolderSet : IDisposable
{
    readonly List<CommitFolder> _folders = [];

    public IEnumerable<string> Paths => _folders.Select(folder => folder.Path);

    /// <summary>The head of a dataset's default branch; null where it has none.</summary>
    public async Task<(CommitFolder Folder, string Commit)?> AddAsync(CommitFolders folders, RevisionResolver revisions, ReadableRepository repository, CancellationToken stop)
    {
        if (await revisions.FindAsync(repository, "HEAD", stop) is not { } head) return null;
        var folder = await folders.OpenAsync(repository, head.CommitId, NeededFiles.OfDataset, stop);
        _folders.Add(folder);
        return (folder, head.CommitId);
    }

    public void Dispose() => _folders.ForEach(folder => folder.Dispose());
}

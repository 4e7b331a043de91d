using System.Runtime.CompilerServices;
using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>One changed file with its difference as text.</summary>
/// <param name="Before">The pointer or size before; null when the file is new.</param>
sealed record FileDiff(RepoPath Path, FolderEntry? Before, FolderEntry? After, byte[]? BeforeContent, byte[]? AfterContent)
{
    /// <summary>True when one side is larger than what is compared, or large content behind a pointer changed.</summary>
    public bool IsTooLarge => (Before is not null && BeforeContent is null) || (After is not null && AfterContent is null);

    /// <summary>As `git diff` prints it; pointers are compared as text, as git does.</summary>
    public string Unified => IsTooLarge
        ? $"diff --git a/{Path} b/{Path}\nBinary files a/{Path} and b/{Path} differ\n"
        : TextDiff.Unified(Before is null ? null : Path.Value, After is null ? null : Path.Value, BeforeContent ?? [], AfterContent ?? []);
}

/// <summary>The files that differ between two trees, each with its contents where they are small enough to compare.</summary>
sealed class RevisionDiff(TreeReader trees)
{
    /// <summary>Most files that one comparison shows.</summary>
    public const int MaxFiles = 1_000;

    /// <summary>Largest file that is compared line by line.</summary>
    const int MaxBytes = 1024 * 1024;

    public async IAsyncEnumerable<FileDiff> CompareAsync(long spaceId, ObjectId? before, ObjectId after, [EnumeratorCancellation] CancellationToken stop)
    {
        var count = 0;
        await foreach (var change in TreeDiff.CompareAsync(trees.Loader(spaceId), before, after, stop))
        {
            if (++count > MaxFiles) yield break;
            var old = change.Before is null || before is null ? null : await trees.FindAsync(spaceId, before, change.Path, stop);
            var now = change.After is null ? null : await trees.FindAsync(spaceId, after, change.Path, stop);
            yield return new(change.Path, old, now, await ContentAsync(spaceId, old, stop), await ContentAsync(spaceId, now, stop));
        }
    }

    async Task<byte[]?> ContentAsync(long spaceId, FolderEntry? entry, CancellationToken stop) =>
        entry is null || entry.BlobBytes > MaxBytes || entry.Mode == EntryMode.Submodule ? null : await trees.GetContentAsync(spaceId, entry.Id, stop);
}

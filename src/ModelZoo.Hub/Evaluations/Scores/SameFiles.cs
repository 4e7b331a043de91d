using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Serving.Folders;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>
/// Says whether the files that a run read are the same in another commit: then what it measured holds there too. Whatever could be read counts;
/// what only describes the model does not.
/// </summary>
sealed class SameFiles(TreeReader trees, GitObjectStore objects)
{
    /// <summary>A commit of this repository, or of what it was forked from.</summary>
    public async Task<bool> KnowsAsync(Repository repository, string commit, CancellationToken stop) => await FindTreeAsync(repository, commit, stop) is not null;

    public async Task<bool> AreAsync(Repository repository, string? measured, ObjectId shownTree, CancellationToken stop)
    {
        if (await FindTreeAsync(repository, measured, stop) is not { } tree) return false;
        if (tree == shownTree) return true;
        await foreach (var change in TreeDiff.CompareAsync(trees.Loader(repository.SpaceId), tree, shownTree, stop))
            if (NeededFiles.OfModel(new(change.Path, EntryMode.File, shownTree, 0, null))) return false;
        return true;
    }

    /// <summary>From the object itself: rows about commits are derived, and may be on their way.</summary>
    async Task<ObjectId?> FindTreeAsync(Repository repository, string? commit, CancellationToken stop) =>
        ObjectId.TryParse(commit, out var id) && await objects.FindTypedAsync(repository.SpaceId, id, stop) is (ObjectType.Commit, var content) ? Commit.Parse(content).Tree : null;
}

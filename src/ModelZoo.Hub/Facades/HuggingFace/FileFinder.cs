using Microsoft.AspNetCore.Http;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Finds the file that an address names, in the order clients rely on: repository, access, revision, entry.</summary>
sealed class FileFinder(RevisionResolver revisions, TreeReader trees)
{
    public async Task<(ResolvedRevision Revision, FolderEntry Entry)> GetAsync(
        ReadableRepository repository, RouteText revision, RouteText path, HttpContext http, CancellationToken stop)
    {
        var (resolved, text) = await revisions.FindAsync(repository, revision, stop) is { } found
            ? (found, path.Value)
            : await revisions.SplitAsync(repository, $"{revision.Value}/{path.Value}", stop);
        http.Response.Headers["X-Repo-Commit"] = resolved.CommitId;
        if (!RepoPath.TryParse(text, out var at)
            || await trees.FindAsync(repository.Repository.SpaceId, resolved.Commit.Tree, at, stop) is not { } entry
            || entry.Mode is EntryMode.Folder or EntryMode.Submodule)
            throw Refusal.EntryNotFound(text, resolved.CommitId);
        return (resolved, entry);
    }
}

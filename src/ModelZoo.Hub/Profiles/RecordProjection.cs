using System.Data.Common;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Profiles;

/// <summary>Derives the devices and workloads that a repository's own files describe.</summary>
sealed class RecordProjection(RecordFile files) : IProjection
{
    static readonly string[] s_paths = [.. RecordKind.Device.Files().Concat(RecordKind.Workload.Files()).Select(path => path.Value)];

    public async Task<IProjectedRows> PrepareAsync(ProjectionInput input, CancellationToken stop)
    {
        if (input.Changes is { } changes && !changes.Any(change => s_paths.Contains(change.Path.Value))) return new Nothing();
        var rows = new List<RecordRow>();
        var problems = new List<RecordProblemRow>();
        foreach (var kind in Enum.GetValues<RecordKind>())
        {
            var found = await files.ReadAsync(input.Repository.SpaceId, input.Tree, kind, stop);
            rows.AddRange(found.Records.Select(record => new RecordRow { RepositoryId = input.Repository.Id, Kind = kind.Word(), Id = record.Id, Name = record.Name, FieldsJson = record.FieldsJson }));
            if (found is { Path: { } path, Problem: { } problem }) problems.Add(new() { RepositoryId = input.Repository.Id, Kind = kind.Word(), Path = path.Value, Problem = JsonText.Storable(problem) });
        }
        return new Rows(input.Repository.Id, rows, problems);
    }

    sealed class Rows(long repositoryId, List<RecordRow> rows, List<RecordProblemRow> problems) : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => RecordStore.ReplaceAsync(transaction, repositoryId, rows, problems, stop);
    }

    sealed class Nothing : IProjectedRows
    {
        public Task WriteAsync(DbTransaction transaction, CancellationToken stop) => Task.CompletedTask;
    }
}

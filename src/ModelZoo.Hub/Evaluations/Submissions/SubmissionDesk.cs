using System.IO.Compression;
using ModelZoo.Evaluation.Submissions;
using ModelZoo.Git;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>
/// Takes results that were made elsewhere. Who may write to the model gets a commit, anybody else who is somebody a pull request. Predictions held against
/// labels are counted for each account, benchmark and day, those that are refused too: their refusal says something.
/// </summary>
sealed class SubmissionDesk(
    SubmissionStore store, SubmissionImport import, BenchmarkStore benchmarks, RevisionResolver revisions, GitObjectStore objects, TreeReader trees, CommitWriter commits, PullRequests pulls, HubOptions options)
{
    const int Attempts = 5;

    public async Task<HandedIn> TakeAsync(ContributingRepository model, ReadableRepository benchmark, string? task, string? modelName, SubmittedFiles files, CancellationToken stop)
    {
        var dataset = benchmark.Repository.FullName;
        if (await benchmarks.FindAsync(benchmark.Id, stop) is not { } row) throw Refusal.NotFound($"{dataset} is no benchmark: it has no eval.yaml.");
        var tasks = await benchmarks.TasksAsync(benchmark.Id, stop);
        var chosen = task is null ? null : tasks.FirstOrDefault(one => one.Id == task && !one.IsSuite) ?? throw Refusal.NotFound($"{dataset} has no task of this id.");
        var isPrediction = files.Files.Count == 1 && SubmissionImport.HoldsPredictions(files.Files[0]);
        if (isPrediction && chosen is null)
            chosen = tasks.Where(one => one is { IsSuite: false, Facts.Labels: not null }).ToList() is [var only] ? only : throw Refusal.Invalid("A file of predictions is for one task: say which with \"task\".");
        var most = row.Daily ?? options.Submissions.PredictionsPerDay;
        var (begun, left) = await store.BeginAsync(new()
        {
            AccountId = model.Author.Id, BenchmarkId = benchmark.Id, ModelId = model.Id, TaskId = chosen?.Id ?? "", Format = isPrediction ? "predictions" : "results", Digest = files.Digest, IsCounted = isPrediction ? 1 : 0,
        }, most, stop);
        if (begun is null)
            throw new Refusal(RefusalKind.TooMany, $"You have handed in {most} prediction files for {dataset} today; more would tell about its labels. Tomorrow (UTC) you may again.") { RetryAfter = TimeSpan.FromHours(1) };
        try
        {
            var imported = isPrediction ? await import.ScoreAsync(model, benchmark.Repository, files.Files[0], chosen!, stop) : await import.ReadAsync(model, files, tasks, dataset, chosen?.Id, modelName, stop);
            var (commit, pull) = await WriteAsync(model, benchmark, imported, files, modelName, stop);
            await store.EndAsync(begun.Id, pull is null ? "committed" : $"pull request {pull}", commit, CancellationToken.None);
            return new(imported.Format, imported.Scores, imported.Findings, commit, pull, isPrediction ? left : null);
        }
        catch (Refusal refusal)
        {
            await store.EndAsync(begun.Id, $"refused: {JsonText.Storable(refusal.Message)}", null, CancellationToken.None);
            throw;
        }
    }

    async Task<(string? Commit, long? Pull)> WriteAsync(ContributingRepository model, ReadableRepository benchmark, Imported imported, SubmittedFiles files, string? modelName, CancellationToken stop)
    {
        var space = model.Repository.SpaceId;
        // The same files give the same names, so that handing them in twice changes nothing.
        var stem = $"{Safe(benchmark.Repository.Owner)}--{Safe(benchmark.Repository.Name)}--{files.Digest[..12]}{(modelName is null ? "" : "-" + Safe(modelName))}";
        var (results, evidence, samples) = ($"{ResultsLayout.Folder}/{stem}.yaml", ResultsLayout.Evidence(stem), $"{ResultsLayout.SamplesFolder}/{stem}.jsonl.gz");
        var packed = imported.Samples.Count > 0 && imported.Samples.Select(sample => sample.Task).Distinct().Count() == 1 ? Pack(SubmissionWords.Samples(imported.Samples)) : null;
        if (packed is not null && packed.Length > options.Limits.InlineBytes)
        {
            imported.Findings.Add("The samples are too large to be kept beside the scores.");
            packed = null;
        }
        var head = (await revisions.FindAsync(benchmark, "HEAD", stop))?.CommitId;
        var yaml = SubmissionWords.Results(benchmark.Repository.FullName, head, imported.Scores, evidence, packed is null ? null : samples, imported.Format);
        var contents = new List<(string Path, byte[] Content)>
        {
            (evidence, EvidenceFile.Write([.. imported.Scores.Select(score => packed is null ? score.Record : score.Record with { Samples = new(samples, null) })])), (results, System.Text.Encoding.UTF8.GetBytes(yaml)),
        };
        if (packed is not null) contents.Add((samples, packed));
        if (contents.Any(content => content.Content.Length > options.Limits.InlineBytes)) throw new Refusal(RefusalKind.TooLarge, "The scores are more than fits into one commit.");
        var operations = new List<FileOperation>();
        foreach (var (path, content) in contents)
        {
            var blob = StoredObject.Blob(content);
            await objects.AddAsync(space, [blob], stop);
            operations.Add(new PutFile(RepoPath.Parse(path), blob.Id));
        }
        var title = $"Add scores on {benchmark.Repository.FullName}";
        var description = $"{imported.Scores.Count} scores from {imported.Format}, handed in by {model.Author.Handle}.";
        if (model is not WritableRepository writable)
        {
            var proposal = new Proposal(title, description, model.Repository.DefaultReference) { Mark = $"Submission {files.Digest}." };
            return (null, (await pulls.OpenAsync(model, proposal with { Description = $"{description} Submission {files.Digest}." }, new CommitDraft(title, description, null, operations), stop)).Number);
        }
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var (reference, branch) = await revisions.GetBranchAsync(model, model.Repository.DefaultReference, stop);
            if (await trees.FindEntryAsync(space, branch.Tree, RepoPath.Parse(results), stop) is { } there && there.Id == ((PutFile)operations[1]).Blob) return (branch.Id, null);
            if (await commits.WriteAsync(writable, reference, new CommitDraft(title, description, ObjectId.Parse(branch.Id), operations), stop) is CommitOutcome.Written written) return (written.Commit.Id.Hex, null);
        }
        throw new Refusal(RefusalKind.Stale, "The branch is moving too fast; try again.");
    }

    static byte[] Pack(byte[] text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Optimal)) gzip.Write(text);
        return buffer.ToArray();
    }

    static string Safe(string name) => string.Concat(name.Take(60).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
}

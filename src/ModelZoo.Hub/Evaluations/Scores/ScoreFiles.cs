using System.Text;
using ModelZoo.Evaluation.Records;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Reads what a commit says about scores: small files from git objects, large ones from the blob store, both bounded.</summary>
sealed class ScoreFiles(TreeReader trees, IBlobStore blobs)
{
    /// <summary>The scores of a commit without their standing: entries, with what their evidence adds to them.</summary>
    public async Task<(List<ScoreRow> Rows, List<ScoreProblem> Problems)> ReadAsync(long spaceId, ObjectId tree, DateTimeOffset now, CancellationToken stop)
    {
        var (rows, problems) = (new List<ScoreRow>(), new List<ScoreProblem>());
        if (await trees.FindEntryAsync(spaceId, tree, ResultsLayout.FolderPath, stop) is { Mode: EntryMode.Folder } folder)
        {
            var files = (await trees.ListAsync(spaceId, folder.Id, ResultsLayout.FolderPath, stop)).Where(file => !file.IsFolder && ResultsLayout.IsResultsFile(file.Path.Value)).ToList();
            if (files.Count > ScoreLimits.MaxFiles) problems.Add(new(ResultsLayout.Folder, $"There are {files.Count} files; the first {ScoreLimits.MaxFiles} count."));
            foreach (var file in files.Take(ScoreLimits.MaxFiles)) await ReadFileAsync(spaceId, tree, file, now, rows, problems, stop);
        }
        if (await trees.FindAsync(spaceId, tree, RepoPath.Parse(ResultsLayout.Readme), stop) is { Mode: EntryMode.File or EntryMode.Executable, Pointer: null, BlobBytes: <= ScoreLimits.MaxFileBytes } card)
            rows.AddRange(CardResultsFile.Read(Encoding.UTF8.GetString(await trees.GetContentAsync(spaceId, card.Id, stop))));
        if (rows.Count > ScoreLimits.MaxScores)
        {
            problems.Add(new(ResultsLayout.Folder, $"There are {rows.Count} scores; the first {ScoreLimits.MaxScores} count."));
            rows.RemoveRange(ScoreLimits.MaxScores, rows.Count - ScoreLimits.MaxScores);
        }
        return (rows, problems);
    }

    async Task ReadFileAsync(long spaceId, ObjectId tree, FolderEntry file, DateTimeOffset now, List<ScoreRow> rows, List<ScoreProblem> problems, CancellationToken stop)
    {
        var path = file.Path.Value;
        if (await FindContentAsync(spaceId, file, ScoreLimits.MaxFileBytes, stop) is not { } content)
        {
            problems.Add(new(path, $"The file has {file.SizeBytes} bytes; at most {ScoreLimits.MaxFileBytes} are read."));
            return;
        }
        var (entries, found) = ResultsFile.Read(path, Encoding.UTF8.GetString(content), now);
        problems.AddRange(found);
        var evidence = new Dictionary<string, IReadOnlyList<ScoreRecord>>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var at = entry.Evidence ?? ResultsLayout.Evidence(ResultsLayout.Stem(path));
            if (!evidence.TryGetValue(at, out var records)) evidence[at] = records = await EvidenceAsync(spaceId, tree, at, isNamed: entry.Evidence is not null, problems, stop);
            if (rows.Count > ScoreLimits.MaxScores) return;
            rows.Add(records.FirstOrDefault(record => Backs(record, entry)) is { } record ? EvidenceFile.Add(entry with { Evidence = at }, record) : entry with { Evidence = null, Samples = null });
            // Subgroups of what an entry states need no entry of their own.
            if (rows[^1].Evidence is null) continue;
            var whole = rows[^1];
            rows.AddRange(records.Where(part => part.Subgroup is { Length: > 0 } && part.Task.Id == whole.TaskId && part.Metric == whole.Metric && part.Filter == whole.Filter)
                .Select(part => EvidenceFile.Add(entry with { Evidence = at, Token = null }, part)).Select(part => part with { ValueText = part.Value?.ToString("R", System.Globalization.CultureInfo.InvariantCulture) ?? "" }));
        }
    }

    /// <summary>The record an entry was written from: of its task and metric, with its value as far as it was written out.</summary>
    static bool Backs(ScoreRecord record, ScoreRow entry) =>
        record.Subgroup is null or "" && record.Task.Id == entry.TaskId && (entry.Metric is null || record.Metric == entry.Metric) && (entry.Metric is null || record.Filter == entry.Filter)
        && record.Value is { } value && entry.Value is { } stated && Math.Abs(value - stated) <= 1e-6 * Math.Max(1, Math.Abs(stated));

    async Task<IReadOnlyList<ScoreRecord>> EvidenceAsync(long spaceId, ObjectId tree, string path, bool isNamed, List<ScoreProblem> problems, CancellationToken stop)
    {
        if (!RepoPath.TryParse(path, out var at) || await trees.FindAsync(spaceId, tree, at, stop) is not { Mode: EntryMode.File or EntryMode.Executable } file)
        {
            if (isNamed) problems.Add(new(path, "The evidence is not there."));
            return [];
        }
        if (await FindContentAsync(spaceId, file, ScoreLimits.MaxEvidenceBytes, stop) is not { } content)
        {
            problems.Add(new(path, $"The evidence has {file.SizeBytes} bytes; at most {ScoreLimits.MaxEvidenceBytes} are read."));
            return [];
        }
        var (records, problem) = EvidenceFile.Read(content);
        if (problem is not null) problems.Add(new(path, problem));
        return records;
    }

    /// <summary>A file's content; null when it is larger, or its content is not there.</summary>
    public async Task<byte[]?> FindContentAsync(long spaceId, FolderEntry file, long mostBytes, CancellationToken stop)
    {
        if (file.SizeBytes > mostBytes) return null;
        if (file.Pointer is not { } pointer) return await trees.GetContentAsync(spaceId, file.Id, stop);
        var content = new byte[pointer.SizeBytes];
        await using var stream = await blobs.OpenReadAsync(pointer.Digest, 0, pointer.SizeBytes, stop);
        return await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, stop) == content.Length ? content : null;
    }
}

using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>The difference of two trees as a page shows it: bounded, with a sentence where lines would say nothing.</summary>
sealed class ChangedFiles(RevisionDiff diff)
{
    /// <summary>Files whose lines are shown; the summary counts the rest.</summary>
    const int MaxFiles = 50;

    /// <summary>Lines of one file; beyond that the file itself is the better page.</summary>
    const int MaxLinesOfFile = 400;

    /// <summary>Lines of one page, so that it stays one short response.</summary>
    const int MaxLines = 1_500;

    const int MaxLineLength = 2_000;

    public async Task<(IReadOnlyList<FileChange> Files, int More)> ListAsync(Repository repository, ObjectId? before, ObjectId after, string afterId, CancellationToken stop)
    {
        var files = new List<FileChange>();
        var (more, lines) = (0, 0);
        var links = RepositoryPageParts.Links(repository);
        await foreach (var file in diff.CompareAsync(repository.SpaceId, before, after, stop))
        {
            if (files.Count >= MaxFiles)
            {
                more++;
                continue;
            }
            var change = Describe(file, links, afterId, MaxLines - lines);
            lines += change.Hunks.Sum(h => h.Lines.Count);
            files.Add(change);
        }
        return (files, more);
    }

    static FileChange Describe(FileDiff file, RepositoryLinks links, string afterId, int room)
    {
        var change = file.Before is null ? "added" : file.After is null ? "removed" : "changed";
        var link = file.After is null ? (Href?)null : links.Blob(afterId, file.Path.Value);
        FileChange Say(string note) => new(file.Path.Value, change, 0, 0, []) { Note = note, Link = link };

        if (file.Before?.Pointer is not null || file.After?.Pointer is not null) return Say(LargeNote(file));
        if (file.IsTooLarge) return Say($"Too large to compare line by line: {Size(file.Before)} before, {Size(file.After)} now.");
        var (old, now) = (file.BeforeContent ?? [], file.AfterContent ?? []);
        if (TextDiff.IsBinary(old) || TextDiff.IsBinary(now)) return Say($"A binary file: {Size(file.Before)} before, {Size(file.After)} now.");
        var hunks = TextDiff.Hunks(Encoding.UTF8.GetString(old), Encoding.UTF8.GetString(now));
        var (added, removed) = (Count(hunks, DiffLineKind.Added), Count(hunks, DiffLineKind.Removed));
        var length = hunks.Sum(h => h.Lines.Count);
        return length > Math.Min(MaxLinesOfFile, room) || hunks.Any(h => h.Lines.Any(l => l.Text.Length > MaxLineLength))
            ? new(file.Path.Value, change, added, removed, []) { Note = $"{Quantity.Of(length, "line")} of difference are not shown.", Link = link }
            : new(file.Path.Value, change, added, removed, hunks) { Link = link };
    }

    static string LargeNote(FileDiff file) => (file.Before, file.After) switch
    {
        (null, { } now) => $"A large file of {Quantity.Bytes(now.SizeBytes)}, kept by its SHA-256 {now.ContentId[..12]}….",
        ({ } old, null) => $"It had {Quantity.Bytes(old.SizeBytes)}.",
        var (old, now) => $"A large file: {Quantity.Bytes(old!.SizeBytes)} before, {Quantity.Bytes(now!.SizeBytes)} now, SHA-256 {now.ContentId[..12]}….",
    };

    static string Size(FolderEntry? entry) => entry is null ? "nothing" : Quantity.Bytes(entry.SizeBytes);

    static int Count(IReadOnlyList<DiffHunk> hunks, DiffLineKind kind) => hunks.Sum(h => h.Lines.Count(l => l.Kind == kind));
}

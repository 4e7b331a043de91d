using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace ModelZoo.Conformance.Cluster;

/// <summary>A commit that somebody tried, and when.</summary>
sealed record Attempt(string Title, string Parent, long Began, long Ended, Outcome Outcome, string? Id);

/// <summary>A look at the branch's head, and when.</summary>
sealed record Look(string Head, long Began, long Ended);

/// <summary>All that the clients of one branch did to it and saw of it.</summary>
sealed class BranchRecord(string repository)
{
    public string Repository => repository;

    public ConcurrentQueue<Attempt> Attempts { get; } = new();

    public ConcurrentQueue<Look> Looks { get; } = new();
}

/// <summary>One of several clients that commit to one branch, each commit naming the head it saw: compare and set.</summary>
sealed class HistoryLoad(ProcessCluster cluster, BranchRecord record, int number, int seed) : Load(cluster, seed)
{
    int _commits;

    public override Task PrepareAsync() => CreateAsync(record.Repository);

    protected override async Task StepAsync()
    {
        var began = Stopwatch.GetTimestamp();
        var head = (await GetJsonAsync($"/api/models/{record.Repository}")).GetProperty("sha").GetString()!;
        record.Looks.Enqueue(new(head, began, Stopwatch.GetTimestamp()));
        Count("looks at the shared branch");
        var title = $"client {number} commit {++_commits}";
        began = Stopwatch.GetTimestamp();
        var (outcome, id) = await CommitAsync(record.Repository, "main", title, head, File($"c{number}/{_commits}.txt", Encoding.UTF8.GetBytes(title)));
        record.Attempts.Enqueue(new(title, head, began, Stopwatch.GetTimestamp(), outcome, id));
        Count($"commits to the shared branch {outcome.ToString().ToLowerInvariant()}");
        if (outcome == Outcome.Refused) Assert.StartsWith("412", id);
    }

    /// <summary>The first client speaks for all.</summary>
    public override async Task VerifyAsync()
    {
        if (number != 0) return;
        var history = await HistoryAsync(record.Repository, "main");
        new HistoryCheck([.. history.AsEnumerable().Reverse()], record).Run();
        foreach (var attempt in record.Attempts.Where(a => a.Outcome == Outcome.Acknowledged))
        {
            var (client, commit) = (attempt.Title.Split(' ')[1], attempt.Title.Split(' ')[3]);
            var content = await InsistAsync(() => ReadAsync(record.Repository, attempt.Id!, $"c{client}/{commit}.txt"));
            Assert.Equal(attempt.Title, Encoding.UTF8.GetString(content));
        }
        // Nothing half-done: the files at the head are exactly those of the commits that are in the history.
        var files = (await InsistAsync(() => GetJsonAsync($"/api/models/{record.Repository}/tree/main?recursive=true&limit=1000"))).EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "file").Select(entry => entry.GetProperty("path").GetString()!).Where(path => path.StartsWith('c'));
        var expected = history.Where(commit => commit.Title.StartsWith("client ", StringComparison.Ordinal)).Select(commit => commit.Title.Split(' ')).Select(words => $"c{words[1]}/{words[3]}.txt");
        Assert.Equal(expected.Order().Take(1000), files.Order());
    }
}

namespace ModelZoo.Conformance.Cluster;

/// <summary>
/// Whether one branch behaved as a single register that is only ever moved by compare and set, whoever asked which node and
/// whatever failed meanwhile. The history is the order; it must explain everything that the clients saw, in real time.
/// </summary>
/// <param name="history">Oldest first.</param>
sealed class HistoryCheck(IReadOnlyList<(string Id, string Title)> history, BranchRecord record)
{
    readonly Dictionary<string, int> _place = history.Select((commit, i) => (commit.Id, i)).ToDictionary(pair => pair.Id, pair => pair.i);

    public void Run()
    {
        EverySuccessIsThereOnceOnItsParent();
        NothingIsThereThatNobodyTried();
        TheOrderAgreesWithTime();
        EveryLookSawTheHeadOfItsMoment();
    }

    void EverySuccessIsThereOnceOnItsParent()
    {
        foreach (var attempt in record.Attempts.Where(a => a.Outcome == Outcome.Acknowledged))
        {
            Assert.True(_place.TryGetValue(attempt.Id!, out var place), $"'{attempt.Title}' ({attempt.Id}) was acknowledged and is not in the history.");
            Assert.Equal(attempt.Title, history[place].Title);
            Assert.True(place > 0 && history[place - 1].Id == attempt.Parent, $"'{attempt.Title}' stands on another commit than the one it named.");
        }
    }

    void NothingIsThereThatNobodyTried()
    {
        var possible = record.Attempts.Where(a => a.Outcome != Outcome.Refused).ToDictionary(a => a.Title);
        foreach (var (id, title) in history.Where(commit => commit.Title.StartsWith("client ", StringComparison.Ordinal)))
        {
            Assert.True(possible.Remove(title, out var attempt), $"'{title}' ({id}) is in the history twice, or was refused.");
            var place = _place[id];
            Assert.Equal(attempt.Parent, history[place - 1].Id);      // also those whose answer was lost
        }
    }

    void TheOrderAgreesWithTime()
    {
        var done = record.Attempts.Where(a => a.Outcome == Outcome.Acknowledged).OrderBy(a => _place[a.Id!]).ToList();
        for (var (i, latestBegin) = (0, long.MinValue); i < done.Count; i++)
        {
            // Whoever began after this one had been answered must stand behind it: no earlier place began later than this ended.
            Assert.True(done[i].Ended > latestBegin, $"'{done[i].Title}' had been answered before one that stands earlier began.");
            latestBegin = Math.Max(latestBegin, done[i].Began);
        }
    }

    void EveryLookSawTheHeadOfItsMoment()
    {
        var done = record.Attempts.Where(a => a.Outcome == Outcome.Acknowledged).Select(a => (a.Ended, Place: _place[a.Id!])).OrderBy(a => a.Ended).ToList();
        var begins = record.Attempts.Where(a => a.Outcome != Outcome.Refused).ToDictionary(a => a.Title, a => a.Began);
        foreach (var look in record.Looks)
        {
            Assert.True(_place.TryGetValue(look.Head, out var seen), $"A client saw the head {look.Head}, which is not in the history.");
            var known = done.TakeWhile(a => a.Ended < look.Began).Select(a => a.Place).DefaultIfEmpty(-1).Max();
            Assert.True(seen >= known, $"A client saw the head at place {seen} after the commit at place {known} had been acknowledged.");
            if (begins.TryGetValue(history[seen].Title, out var began)) Assert.True(began < look.Ended, "A client saw a commit before anybody had sent it.");
        }
    }
}

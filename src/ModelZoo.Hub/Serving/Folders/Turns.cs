namespace ModelZoo.Hub.Serving.Folders;

/// <summary>One at a time for each name; a name costs nothing while nobody waits for it.</summary>
sealed class Turns
{
    readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    public async Task<IDisposable> TakeAsync(string name, CancellationToken stop)
    {
        Turn? turn;
        lock (_turns)
        {
            if (!_turns.TryGetValue(name, out turn)) _turns[name] = turn = new();
            turn.Users++;
        }
        try
        {
            await turn.Gate.WaitAsync(stop);
        }
        catch
        {
            Leave(name, turn);
            throw;
        }
        return new Held(this, name, turn);
    }

    void Leave(string name, Turn turn)
    {
        lock (_turns)
            if (--turn.Users == 0) _turns.Remove(name);
    }

    sealed class Turn
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
        public int Users { get; set; }
    }

    sealed class Held(Turns turns, string name, Turn turn) : IDisposable
    {
        public void Dispose()
        {
            turn.Gate.Release();
            turns.Leave(name, turn);
        }
    }
}

using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Who may write which part of which upload now. The latest sender of a part takes over from an earlier one that may hang on a
/// dead connection, and completing an upload takes over from all: nothing is written to bytes that are being verified.
/// </summary>
sealed class PartTurns
{
    readonly Lock _gate = new();
    readonly Dictionary<(string Handle, int Number), PartTurn> _turns = [];
    readonly Dictionary<string, int> _sealed = [];

    public PartTurn Take(string handle, int number)
    {
        PartTurn? earlier;
        var turn = new PartTurn();
        lock (_gate)
        {
            if (_sealed.ContainsKey(handle)) throw Refusal.Conflict("The upload is being completed.");
            _turns.TryGetValue((handle, number), out earlier);
            _turns[(handle, number)] = turn;
        }
        earlier?.End();
        return turn;
    }

    public void GiveBack(string handle, int number, PartTurn turn)
    {
        lock (_gate)
            if (_turns.TryGetValue((handle, number), out var current) && current == turn) _turns.Remove((handle, number));
    }

    /// <summary>Ends every turn of the upload and lets none begin until <see cref="Unseal"/>.</summary>
    public void Seal(string handle)
    {
        List<PartTurn> ended = [];
        lock (_gate)
        {
            _sealed[handle] = _sealed.GetValueOrDefault(handle) + 1;
            foreach (var (key, turn) in _turns)
                if (key.Handle == handle) ended.Add(turn);
        }
        foreach (var turn in ended) turn.End();
    }

    public void Unseal(string handle)
    {
        lock (_gate)
            if (--_sealed[handle] == 0) _sealed.Remove(handle);
    }
}

/// <summary>The right to write one part, until someone else takes it.</summary>
sealed class PartTurn
{
    readonly Lock _gate = new();
    bool _ended;

    /// <summary>Does it while the turn lasts; refuses (Conflict) once it ended.</summary>
    public void Do(Action act)
    {
        lock (_gate)
        {
            if (_ended) throw Refusal.Conflict("The part is being sent again, or the upload is being completed.");
            act();
        }
    }

    /// <summary>Returns when nothing is being done under this turn and nothing will be.</summary>
    public void End()
    {
        lock (_gate) _ended = true;
    }
}

using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Search;

/// <summary>A snapshot as one actor may see it.</summary>
sealed class VisibleIndex(IndexSnapshot snapshot, ReadScope scope)
{
    List<int>? _hidden;

    public IndexSnapshot Snapshot => snapshot;

    public bool SeesEverything => scope.IncludesEverything;

    /// <summary>Slots that are not public and that this actor may read all the same; few, unless it sees everything.</summary>
    public IReadOnlyList<int> Hidden => _hidden ??= FindHidden();

    /// <summary>A fresh set of bits of all slots that the actor may see.</summary>
    public SlotBits Bits()
    {
        var bits = new SlotBits(snapshot.Slots);
        bits.Or(snapshot.Open);
        if (SeesEverything)
        {
            bits.Or(snapshot.Private);
            bits.Or(snapshot.Disabled);
            return bits;
        }
        foreach (var slot in Hidden) bits[slot] = true;
        return bits;
    }

    /// <summary>The repository, or null when it is missing or not for this actor.</summary>
    public IndexedRepository? Find(long id)
    {
        var slot = snapshot.SlotOf(id);
        return slot >= 0 && scope.Includes(snapshot.Get(slot).Repository) ? snapshot.Get(slot) : null;
    }

    /// <summary>How many of an owner's repositories of a kind the actor may see.</summary>
    public int CountOwned(string owner, RepositoryKind kind)
    {
        var bits = Bits();
        bits.And(snapshot.Find(IndexField.Kind, kind.Word()));
        return bits.CountAnd(snapshot.Find(IndexField.Author, owner.ToLowerInvariant()));
    }

    List<int> FindHidden()
    {
        if (scope.Actor.Account is not { } account) return [];
        var owned = snapshot.Find(IndexField.Author, account.Handle.ToLowerInvariant()).Slots().Where(slot => !snapshot.Open.Contains(slot));
        var shared = scope.PossiblyHidden.Select(snapshot.SlotOf).Where(slot => slot >= 0 && !snapshot.Open.Contains(slot));
        // Disabled repositories are few; whether they are for this actor is for the rule to say.
        return [.. owned.Concat(shared).Concat(snapshot.Disabled.Slots()).Distinct().Where(slot => scope.Includes(snapshot.Get(slot).Repository))];
    }
}

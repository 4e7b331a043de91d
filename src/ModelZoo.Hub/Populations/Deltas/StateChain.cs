using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>One file of a member's epochs.</summary>
sealed record MemberState(int Epoch, LfsPointer Pointer);

/// <summary>The states of one kind that a member keeps, by epoch: checkpoints, moments, averages or logits.</summary>
sealed record StateChain(string Member, string Folder, IReadOnlyList<MemberState> States)
{
    const string Checkpoints = "checkpoints";

    static readonly string[] s_folders = [Checkpoints, "averages", "optimizer", "logits"];

    public bool IsCheckpoints => Folder == Checkpoints;

    /// <summary>All that a commit holds.</summary>
    public static IReadOnlyList<StateChain> Of(TreeFiles files)
    {
        var found = new Dictionary<(string Member, string Folder), List<MemberState>>();
        foreach (var file in files.Files)
        {
            if (file.Path.Split('/') is not [PopulationLayout.Members, var member, var folder, _] || Array.IndexOf(s_folders, folder) < 0) continue;
            if (PopulationLayout.FindEpoch(file.Path) is not { } epoch || files.Find(file.Path)?.Pointer is not { } pointer) continue;
            if (!found.TryGetValue((member, folder), out var states)) found[(member, folder)] = states = [];
            states.Add(new(epoch, pointer));
        }
        return [.. found.Select(pair => new StateChain(pair.Key.Member, pair.Key.Folder, [.. pair.Value.OrderBy(state => state.Epoch)]))];
    }

    /// <summary>
    /// The place of the state that this one is the difference from; null for the first. Every fourth skips three, every sixteenth fifteen, and so on: most have
    /// the state just before them, and a chain of n states is about 3·log₄ n deep however long it grows.
    /// </summary>
    public static int? BaseOf(int place)
    {
        if (place <= 0) return null;
        var step = 1;
        while (place % (step * 4L) == 0) step *= 4;
        return place - step;
    }

    /// <summary>The state that a member's training began from; the last where the epoch is not known or not kept.</summary>
    public MemberState? Begin(int? epoch) => States.LastOrDefault(state => state.Epoch == epoch) ?? (States.Count > 0 ? States[^1] : null);
}

using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>A part of a population on a hub: the states that a condition chooses, the cards of their members and of all that these descend from, and the blueprint.</summary>
sealed record PopulationPart(string Repository, string Commit, string Where, IReadOnlySet<string> States, IReadOnlySet<string> Members)
{
    /// <summary>Says of a folder that it holds a part only. Never in a repository.</summary>
    const string NoteName = "part.json";

    static readonly JsonSerializerOptions s_format = new() { WriteIndented = true };

    public static async Task<PopulationPart> ChooseAsync(HubCall call, RepoAddress source, string where)
    {
        var (states, members, commit) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), source.RevisionOrMain);
        for (var offset = 0; ; )
        {
            // From the second page on by commit, so that all pages are of one.
            var page = await call.Zoo.GetPopulationStatesAsync(source.Repo, where, commit, offset, call.Stop);
            commit = page.Commit;
            states.UnionWith(page.States.Select(state => state.Path));
            members.UnionWith(page.Members);
            if (page.States.Count == 0 || (offset += page.States.Count) >= page.Total) break;
        }
        if (states.Count == 0) throw new UsageException($"No state of {source.Repo} fulfils \"{where}\".");
        return new(source.Repo.ToString(), commit, where, states, members);
    }

    public bool Holds(RepoPath path) => States.Contains(path.Value) || path.Segments switch
    {
        [PopulationLayout.Members, var member, var file] => Members.Contains(member) && path.Value is var text && (text == PopulationLayout.Card(member) || text == PopulationLayout.Metrics(member) || text == PopulationLayout.Ending(member)) && file.Length > 0,
        [var file] => file is PopulationLayout.Record or PopulationLayout.Blueprint or PopulationLayout.Index or "README.md",
        ["revisions", _] => true,
        _ => false,
    };

    public Task NoteAsync(string folder, CancellationToken stop) =>
        File.WriteAllTextAsync(Path.Combine(folder, NoteName), JsonSerializer.Serialize(new { repository = Repository, commit = Commit, where = Where }, s_format) + "\n", stop);

    /// <summary>What a folder holds a part of; null when it is whole, or was made here.</summary>
    public static string? FindNote(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, NoteName));
            if (!file.Exists || file.Length > 1 << 20) return null;
            using var json = JsonDocument.Parse(File.ReadAllText(file.FullName));
            return $"a part of {json.RootElement.GetProperty("repository").GetString()} at {json.RootElement.GetProperty("commit").GetString()}: {json.RootElement.GetProperty("where").GetString()}";
        }
        catch (Exception torn) when (torn is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}

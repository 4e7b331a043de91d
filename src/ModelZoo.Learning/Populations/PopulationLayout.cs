namespace ModelZoo.Learning.Populations;

/// <summary>
/// Where the files of a population lie, in a folder and in a repository alike. What members are and what was measured of them is the truth;
/// <see cref="Index"/> and everything below <see cref="Analyses"/> is derived and can be made again.
/// </summary>
public static class PopulationLayout
{
    public const string Record = "population.json";
    public const string Blueprint = "blueprint.yaml";
    public const string Index = "members.csv";
    public const string Members = "members";

    /// <summary>Of imported populations: which folder of a source became which member.</summary>
    public const string Sources = "sources.json";
    public const string Analyses = "analyses";
    const string CheckpointStart = "epoch-";
    const string CheckpointEnding = ".safetensors";

    /// <summary>Each revision of the blueprint, from 1; the last is also <see cref="Blueprint"/>.</summary>
    public static string Revision(int number) => $"revisions/{number}.yaml";

    public static string Card(string member) => $"{Members}/{member}/member.json";

    /// <summary>One JSON object a line, one line an epoch.</summary>
    public static string Metrics(string member) => $"{Members}/{member}/metrics.jsonl";

    /// <summary>How the member ended; there is none while it has not.</summary>
    public static string Ending(string member) => $"{Members}/{member}/status.json";

    /// <summary>Weights, moments and counters of the last epoch; gone when the member has ended.</summary>
    public static string Resume(string member) => $"{Members}/{member}/resume.safetensors";

    public static string Checkpoint(string member, int epoch) => State(member, "checkpoints", epoch);

    public static string Logits(string member, int epoch) => State(member, "logits", epoch);

    public static string Average(string member, int epoch) => State(member, "averages", epoch);

    public static string Moments(string member, int epoch) => State(member, "optimizer", epoch);

    /// <summary>The epoch of a file's name in one of those folders; null for other files.</summary>
    public static int? FindEpoch(string path) =>
        Path.GetFileName(path) is var name && name.StartsWith(CheckpointStart, StringComparison.Ordinal) && name.EndsWith(CheckpointEnding, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(CheckpointStart.Length, name.Length - CheckpointStart.Length - CheckpointEnding.Length), System.Globalization.NumberStyles.None, null, out var epoch) ? epoch : null;

    static string State(string member, string folder, int epoch) => $"{Members}/{member}/{folder}/{CheckpointStart}{epoch:D6}{CheckpointEnding}";
}

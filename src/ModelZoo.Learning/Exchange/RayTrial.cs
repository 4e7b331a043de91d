using System.Text.Json;

namespace ModelZoo.Learning.Exchange;

/// <summary>One trial of a Ray Tune experiment: a member of a published population.</summary>
/// <param name="Folder">Path of its folder from the root.</param>
/// <param name="Config">Its flat configuration, verbatim.</param>
/// <param name="Results">Reported metrics by training iteration; those of the machine are left out.</param>
/// <param name="Checkpoints">Path of the state's file by checkpoint number.</param>
/// <param name="Parent">Folder of the trial it was fine-tuned from, and the checkpoint; null when it says none.</param>
/// <param name="HasFailed">Ray left an error beside it.</param>
public sealed record RayTrial(string Folder, IReadOnlyDictionary<string, JsonElement> Config, IReadOnlyDictionary<int, IReadOnlyDictionary<string, double>> Results,
    IReadOnlyDictionary<int, string> Checkpoints, (string Folder, int Epoch)? Parent, bool HasFailed, IReadOnlyList<string> Warnings)
{
    /// <summary>A checkpoint has the metrics of the iteration of its own number, or none: joining by line would shift them.</summary>
    public IReadOnlyDictionary<string, double>? FindMetrics(int checkpoint) => Results.GetValueOrDefault(checkpoint);
}

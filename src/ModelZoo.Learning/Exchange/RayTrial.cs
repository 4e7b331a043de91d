using System.Text.Json;

namespace ModelZoo.Learning.Exchange;

/// <summary>One trial of a Ray Tune experiment: a member of a published population. Its results are read when they are asked for.</summary>
/// <param name="Folder">Path of its folder from the root.</param>
/// <param name="Stage">pretrain, finetune or prune.</param>
/// <param name="Config">Its flat configuration, verbatim.</param>
/// <param name="Results">Path of its reports as JSON lines, and of the same as a table; null where there are none.</param>
/// <param name="Checkpoints">Path of the state's file by checkpoint number.</param>
/// <param name="Optimizers">Path of the optimiser's state by checkpoint number.</param>
/// <param name="Parent">The model that it began from; null when it says none.</param>
/// <param name="HasFailed">Ray left an error beside it.</param>
/// <param name="Card">Path of what an export of a population kept of the member; null in other zoos.</param>
public sealed record RayTrial(string Folder, string Stage, IReadOnlyDictionary<string, JsonElement> Config, (string? Json, string? Csv) Results, IReadOnlyDictionary<int, string> Checkpoints, IReadOnlyDictionary<int, string> Optimizers,
    RayParent? Parent, bool HasFailed, string? Card, IReadOnlyList<string> Warnings);

/// <summary>What a trial says of its parent.</summary>
/// <param name="Name">Of the parent's folder, as the path in the configuration ends.</param>
/// <param name="Folder">The trial of this source; null when it lies elsewhere, in a zoo that was imported before.</param>
/// <param name="Epoch">Null for its last.</param>
public sealed record RayParent(string Name, string? Folder, int? Epoch);

using System.Text.Json;

namespace ModelZoo.Profiling;

/// <summary>A model of the registry: published facts with their source, and the configuration that reproduces them where there is one.</summary>
public sealed record ReferenceWorkload
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public string? Family { get; init; }
    public string? Task { get; init; }
    public string? Architecture { get; init; }
    public string? ModelType { get; init; }

    /// <summary>Null when nobody published it.</summary>
    public double? Parameters { get; init; }

    public double? ActiveParameters { get; init; }

    /// <summary>FLOP of one <see cref="FlopUnit"/>, 2 per multiply-accumulate.</summary>
    public double? Flop { get; init; }

    public string? FlopUnit { get; init; }
    public string? FlopBasis { get; init; }
    public double? TrainingFlop { get; init; }
    public double? TrainingTokens { get; init; }
    public double? DenoisingSteps { get; init; }
    public string? ReleaseDate { get; init; }
    public string? Verification { get; init; }
    public string? Source { get; init; }
    public string? MlsysimFigures { get; init; }
    public string? Note { get; init; }

    /// <summary>The row as it stands, for fields that have no name here.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>();

    /// <summary>Keys of its <c>config.json</c>; null where only published figures are known.</summary>
    public JsonElement? Configuration { get; init; }

    public bool IsEstimate => Verification == "estimate";

    public static ReferenceWorkload From(IReadOnlyDictionary<string, string> row, JsonElement? configuration = null)
    {
        var id = RecordTable.GetId(row);
        return new()
        {
            Id = id, Name = Text("name") ?? id, Family = Text("family"), Task = Text("task"), Architecture = Text("architecture"), ModelType = Text("model_type"),
            Parameters = Number("parameters"), ActiveParameters = Number("active_parameters"), Flop = Number("inference_flops"), FlopUnit = Text("inference_flops_unit"),
            FlopBasis = Text("inference_flops_basis"), TrainingFlop = Number("training_flops"), TrainingTokens = Number("training_tokens"),
            DenoisingSteps = Number("denoising_steps"), ReleaseDate = Text("release_date"), Verification = Text("verification"), Source = Text("source_url"),
            MlsysimFigures = Text("mlsysim_values"), Note = Text("note"), Fields = row, Configuration = configuration,
        };

        string? Text(string name) => RecordTable.FindText(row, name);
        double? Number(string name) => RecordTable.FindNumber(row, name);
    }
}

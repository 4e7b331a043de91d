using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>A fine-tuning for the hub to do. What is null is as the hub has it when nothing is said.</summary>
public sealed record FineTuneRequest
{
    /// <summary><c>owner/name</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Of the model: a branch, tag or commit; its head when null.</summary>
    public string? Revision { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Dataset { get; init; }

    /// <summary>Of the dataset; its head when null.</summary>
    public string? DatasetRevision { get; init; }

    /// <summary><c>owner/name</c> of the result; a new one is made.</summary>
    public required string Target { get; init; }

    /// <summary>Of a new repository.</summary>
    [JsonPropertyName("private")]
    public bool? IsPrivate { get; init; }

    /// <summary>probe, lora or full.</summary>
    public string? Method { get; init; }

    /// <summary>Write a whole model in place of an adapter.</summary>
    public bool? Merge { get; init; }

    /// <summary>Have the result measured where the dataset says how.</summary>
    public bool? Evaluate { get; init; }

    /// <summary>text-classification or image-classification; as the model is when null.</summary>
    public string? Task { get; init; }

    /// <summary>A configuration of the dataset.</summary>
    public string? Config { get; init; }

    /// <summary>Column of the text.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of a second text.</summary>
    public string? PairColumn { get; init; }

    /// <summary>Column of the picture.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>Column of the label.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Most training rows.</summary>
    public int? Limit { get; init; }

    /// <summary>Most tokens of a text.</summary>
    public int? MaxLength { get; init; }

    /// <summary>The label is a number to be predicted.</summary>
    public bool? Regression { get; init; }

    /// <summary>Draw the head anew although the model has one for these classes.</summary>
    public bool? NewHead { get; init; }

    /// <summary>With lora: names of matrices, or all-linear.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>With lora: r.</summary>
    public int? Rank { get; init; }

    /// <summary>With lora: α.</summary>
    public double? Alpha { get; init; }

    /// <summary>With lora: share of its input that is dropped in training.</summary>
    public double? LoraDropout { get; init; }

    /// <summary>Times through the training rows.</summary>
    public int? Epochs { get; init; }

    /// <summary>Samples of a step.</summary>
    public int? Batch { get; init; }

    /// <summary>Learning rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>adamw or sgd.</summary>
    public string? Optimizer { get; init; }

    /// <summary>Of SGD.</summary>
    public double? Momentum { get; init; }

    /// <summary>Of matrices and tables.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>linear, cosine or constant.</summary>
    public string? Schedule { get; init; }

    /// <summary>Share of all steps in which the rate rises.</summary>
    public double? Warmup { get; init; }

    /// <summary>0 to 1.</summary>
    public double? LabelSmoothing { get; init; }

    /// <summary>Longest gradient of a step; 0: any.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>In place of the shares in config.json.</summary>
    public double? Dropout { get; init; }

    /// <summary>Stop after so many epochs without a better validation score; 0: never.</summary>
    public int? Patience { get; init; }

    /// <summary>Keep the last epoch, not the best on validation.</summary>
    public bool? KeepLast { get; init; }

    /// <summary>Of everything that is drawn.</summary>
    public long? Seed { get; init; }
}

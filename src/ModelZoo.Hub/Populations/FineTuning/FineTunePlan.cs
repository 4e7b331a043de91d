using System.Text.Json;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>What a fine-tuning reads: where everything lies that it needs, and how it is done. It holds no secret.</summary>
sealed record FineTunePlan
{
    /// <summary>The name of the file in a worker's folder.</summary>
    public const string FileName = "plan.json";

    /// <summary>Inside the output folder, while a run goes on: what it goes on from.</summary>
    public const string StateFolder = ".finetune";

    /// <summary>In the state's folder: written after each epoch.</summary>
    public const string StateFile = "state.safetensors";

    /// <summary>In the state's folder: brought from another node, which may have been further.</summary>
    public const string BroughtFile = "brought.safetensors";

    public const string UsualTrainSplit = "train";

    /// <summary>The hidden command of a worker.</summary>
    public const string Command = "finetune-worker";

    public required string ModelFolder { get; init; }

    /// <summary>What the base is called, such as owner/name: stands in the card and in adapters.</summary>
    public required string Model { get; init; }
    public string? ModelRevision { get; init; }

    /// <summary>A folder, or a single file.</summary>
    public required string DataPath { get; init; }
    public required string Dataset { get; init; }
    public string? DatasetRevision { get; init; }

    /// <summary>The dataset is a repository of a hub, which cards may link to.</summary>
    public bool IsHubDataset { get; init; }
    public required string OutputFolder { get; init; }

    /// <summary>text-classification or image-classification; null: as the model is.</summary>
    public string? Task { get; init; }
    public string? Config { get; init; }

    /// <summary>Columns; null: found by their usual names.</summary>
    public string? TextColumn { get; init; }
    public string? PairColumn { get; init; }
    public string? ImageColumn { get; init; }
    public string? LabelColumn { get; init; }
    public string TrainSplit { get; init; } = UsualTrainSplit;
    public string ValidationSplit { get; init; } = "validation";
    public string TestSplit { get; init; } = "test";

    /// <summary>Shares of the training rows that are held out where the dataset has no such split.</summary>
    public double ValidationShare { get; init; } = 0.1;
    public double TestShare { get; init; } = 0.1;

    /// <summary>Most training rows.</summary>
    public int? Limit { get; init; }

    /// <summary>Most tokens of a text.</summary>
    public int? MaxLength { get; init; }

    /// <summary>The label is a number to be predicted.</summary>
    public bool IsRegression { get; init; }

    /// <summary>Draw the head anew although the model has one for these classes.</summary>
    public bool DrawsHead { get; init; }

    /// <summary>Write a whole model in place of an adapter.</summary>
    public bool Merges { get; init; }
    public bool WritesOnnx { get; init; } = true;
    public required FineTuneSettings Settings { get; init; }
    public int Threads { get; init; } = 1;

    /// <summary>Most that training may take, beside the data.</summary>
    public long MemoryBytes { get; init; } = 8L << 30;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static FineTunePlan Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<FineTunePlan>(json) ?? throw new FormatException("The plan is empty.");
}

/// <summary>A line that a worker writes to its standard output: how far it is, what came of it, or why it cannot go on.</summary>
sealed record FineTuneReport(string? Stage, double Share, string? Words, string? Failed, bool IsDone)
{
    /// <summary>The state after so many epochs lies in the worker's folder; 0: nothing is said of it.</summary>
    public int Kept { get; init; }

    public string ToLine() => JsonSerializer.Serialize(this);

    /// <summary>Null for what is no report.</summary>
    public static FineTuneReport? TryParse(string line)
    {
        if (!line.StartsWith('{')) return null;
        try
        {
            return JsonSerializer.Deserialize<FineTuneReport>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.FineTuning;

/// <summary>What is trained: the head on fixed features, low-rank additions and the head, or everything.</summary>
public enum FineTuneMethod { Probe, Lora, Full }

/// <summary>How the learning rate goes after its warm-up.</summary>
public enum RateSchedule { Linear, Cosine, Constant }

/// <summary>How a model is fine-tuned. The same settings, model and data give the same bytes, however many threads work.</summary>
public sealed record FineTuneSettings
{
    public required FineTuneMethod Method { get; init; }

    /// <summary>Used when the method is <see cref="FineTuneMethod.Lora"/>.</summary>
    public LoraSettings? Lora { get; init; }

    public int Epochs { get; init; } = 3;

    public int Batch { get; init; } = 32;

    public OptimizerKind Optimizer { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Of matrices and tables; vectors (biases, normalisation) do not decay unless <see cref="DecaysAll"/>.</summary>
    public double WeightDecay { get; init; }

    public bool DecaysAll { get; init; }

    /// <summary>Of SGD.</summary>
    public double Momentum { get; init; }

    public RateSchedule Schedule { get; init; }

    /// <summary>Share of all steps in which the rate rises.</summary>
    public double Warmup { get; init; }

    public double LabelSmoothing { get; init; }

    /// <summary>Longest that the gradient of a step may be; 0: as long as it is.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>In place of the shares in config.json; null leaves those.</summary>
    public double? Dropout { get; init; }

    /// <summary>Epochs without a better validation score after which it ends; 0: never.</summary>
    public int Patience { get; init; }

    /// <summary>Keep the epoch with the best validation score instead of the last.</summary>
    public bool KeepsBest { get; init; } = true;

    public ulong Seed { get; init; } = 1;

    /// <summary>Samples that go through the network together. Gradients are added tile by tile, so it is part of the recipe, unlike the number of threads.</summary>
    public int Tile { get; init; } = 8;

    /// <exception cref="FineTuneException">A number is out of range.</exception>
    public void Validate()
    {
        if (Epochs is < 1 or > 10_000) throw new FineTuneException("Epochs must be 1 to 10000.");
        if (Batch is < 1 or > 65_536) throw new FineTuneException("The batch must be 1 to 65536.");
        if (Tile is < 1 or > 1024) throw new FineTuneException("The tile must be 1 to 1024.");
        if (!double.IsFinite(LearningRate) || LearningRate <= 0) throw new FineTuneException("The learning rate must be positive.");
        if (!double.IsFinite(WeightDecay) || WeightDecay < 0) throw new FineTuneException("Weight decay must not be negative.");
        if (Momentum is not (>= 0 and < 1)) throw new FineTuneException("Momentum must be at least 0 and below 1.");
        if (Warmup is not (>= 0 and <= 1)) throw new FineTuneException("Warm-up is a share of all steps, 0 to 1.");
        if (LabelSmoothing is not (>= 0 and < 1)) throw new FineTuneException("Label smoothing must be at least 0 and below 1.");
        if (!double.IsFinite(ClipNorm) || ClipNorm < 0) throw new FineTuneException("The largest gradient must not be negative.");
        if (Dropout is { } share && share is not (>= 0 and < 1)) throw new FineTuneException("Dropout must be at least 0 and below 1.");
        if (Patience < 0) throw new FineTuneException("Patience must not be negative.");
        if (Method == FineTuneMethod.Lora) (Lora ?? throw new FineTuneException("The method lora needs its rank and targets.")).Validate();
    }

    /// <summary>The factor on the learning rate at a step, counted from 0.</summary>
    internal double Factor(long step, long steps)
    {
        var warmup = (long)Math.Ceiling(Warmup * steps);
        if (step < warmup) return (step + 1) / (double)warmup;
        return Schedule switch
        {
            RateSchedule.Linear => (steps - step) / (double)Math.Max(1, steps - warmup),
            RateSchedule.Cosine => Training.LearningRate.Factor(ScheduleKind.Cosine, 0, step, steps),
            _ => 1,
        };
    }
}

using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Training;

public enum Objective { Supervised, Contrastive }

public enum ScheduleKind { Constant, Cosine, OneCycle }

/// <summary>How one member is trained: the effective settings, typed.</summary>
public sealed record TrainSettings
{
    public Objective Objective { get; init; }

    public required int Epochs { get; init; }

    public required int Batch { get; init; }

    public OptimizerKind Optimizer { get; init; }

    public required double LearningRate { get; init; }

    public double WeightDecay { get; init; }

    public double Momentum { get; init; }

    public ScheduleKind Schedule { get; init; }

    public int WarmupSteps { get; init; }

    public double LabelSmoothing { get; init; }

    /// <summary>Divides similarities of a contrastive loss.</summary>
    public double Temperature { get; init; } = 0.07;

    public bool FreezeBackbone { get; init; }

    /// <summary>First fit the head on the frozen backbone for as many epochs again, then train everything.</summary>
    public bool ProbeFirst { get; init; }

    /// <summary>Decay of an exponential moving average over steps, kept beside the weights; 0 for none.</summary>
    public double Ema { get; init; }

    /// <summary>Share of hidden numbers that each training step drops; 0 for none.</summary>
    public double Dropout { get; init; }

    public Initialization Initialization { get; init; }

    public IReadOnlyList<Augmentation> Augment { get; init; } = [];

    /// <summary>The settings of a member, as they will take effect.</summary>
    public static TrainSettings Of(Settings effective) => new()
    {
        Objective = effective.Word("objective.kind") == "contrastive" ? Objective.Contrastive : Objective.Supervised,
        Epochs = effective.Whole("train.epochs"),
        Batch = effective.Whole("train.batch"),
        Optimizer = OptimizerKinds.Parse(effective.Word("train.optimizer")),
        LearningRate = effective.Real("train.lr"),
        WeightDecay = effective.Real("train.weight_decay"),
        Momentum = effective.Real("train.momentum"),
        Schedule = effective.Word("train.schedule") switch { "cosine" => ScheduleKind.Cosine, "one-cycle" => ScheduleKind.OneCycle, _ => ScheduleKind.Constant },
        WarmupSteps = effective.Whole("train.warmup_steps"),
        LabelSmoothing = effective.Real("train.label_smoothing"),
        Temperature = effective.Real("objective.temperature"),
        FreezeBackbone = effective.Word("train.freeze") == "backbone",
        ProbeFirst = effective.Flag("head.probe_first"),
        Ema = effective.Real("train.ema"),
        Dropout = effective.Real("train.dropout"),
        Initialization = effective.Word("train.init") switch
        {
            "kaiming_uniform" => Initialization.KaimingUniform, "kaiming_normal" => Initialization.KaimingNormal,
            "uniform" => Initialization.Uniform, "normal" => Initialization.Normal, _ => Initialization.XavierUniform,
        },
        Augment = [.. effective.Texts("train.augment").Select(text => Augmentation.Parse(text, problem => new RecipeException(0, "train.augment", problem)))],
    };
}

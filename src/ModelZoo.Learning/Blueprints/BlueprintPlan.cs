using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.Blueprints;

/// <summary>What a blueprint costs, told before anything trains. A figure that cannot be computed is null.</summary>
/// <param name="CheckpointBytes">Numbers only, without headers.</param>
/// <param name="TrainingFlop">Floating-point operations of matrix products: three forward passes for each sample seen, and one for each evaluated.</param>
public sealed record PlannedStage(string Name, int Members, long Checkpoints, long? CheckpointBytes, double? TrainingFlop);

/// <summary>The plan of a whole population.</summary>
public sealed record BlueprintPlan(IReadOnlyList<Member> Members, IReadOnlyList<PlannedStage> Stages, int Parallel)
{
    public int MemberCount => Members.Count;

    public long Checkpoints => Stages.Sum(stage => stage.Checkpoints);

    public long? CheckpointBytes => Stages.Any(stage => stage.CheckpointBytes is null) ? null : Stages.Sum(stage => stage.CheckpointBytes);

    public double? TrainingFlop => Stages.Any(stage => stage.TrainingFlop is null) ? null : Stages.Sum(stage => stage.TrainingFlop);

    /// <summary>Sentences that hold for at least one member, with how many.</summary>
    public IReadOnlyList<string> Remarks => [.. Members.SelectMany(member => member.Remarks).GroupBy(remark => remark).Select(group => $"{group.Key} ({group.Count()} members)")];

    /// <summary>Time on so many cores of that speed. Members are dealt whole, so the last ones may leave cores idle; that is not counted.</summary>
    public TimeSpan? EstimateTime(double flopPerSecondPerCore, int cores) =>
        TrainingFlop is { } flop ? TimeSpan.FromSeconds(Math.Min(flop / flopPerSecondPerCore / Math.Max(1, Math.Min(cores, MemberCount)), TimeSpan.MaxValue.TotalSeconds / 2)) : null;

    public static BlueprintPlan Of(Blueprint blueprint, Func<BlueprintDataset, DatasetFacts?>? facts = null)
    {
        var members = blueprint.Expand(facts);
        return new(members, [.. blueprint.Stages.Select(stage => Of(blueprint, stage.Name, [.. members.Where(member => member.Stage == stage.Name)]))], blueprint.Budget.Parallel);
    }

    static PlannedStage Of(Blueprint blueprint, string name, IReadOnlyList<Member> members)
    {
        long checkpoints = 0;
        Int128? bytes = 0;
        double? flop = 0;
        foreach (var member in members)
        {
            var kept = blueprint.Checkpoints.EpochsOf(member.Epochs).Count;
            checkpoints += kept;
            bytes += BytesOf(blueprint, member, kept);
            flop += FlopOf(blueprint, member);
        }
        return new(name, members.Count, checkpoints, bytes is { } sum && sum <= long.MaxValue ? (long)sum : null, flop);
    }

    static Int128? BytesOf(Blueprint blueprint, Member member, int kept)
    {
        if (member.Head is not { } head) return null;
        Int128 each = ParameterLayout.Of(member.Architecture, head).Count * (long)blueprint.Checkpoints.DType.BytesPerBlock;
        var moments = OptimizerKinds.Parse(member.Effective.Word("train.optimizer")).Moments(member.Effective.Real("train.momentum"));
        var withState = blueprint.Checkpoints.OptimizerState switch { "every" => kept - 1, "last" => 1, _ => 0 };
        return each * kept + each * moments * withState;
    }

    static double? FlopOf(Blueprint blueprint, Member member)
    {
        if (member.Head is not { } head || member.DatasetFacts is not { } data) return null;
        var batch = member.Effective.Whole("train.batch");
        var views = member.Effective.Word("objective.kind") == "contrastive" ? 2 : 1;
        var seen = (double)member.Epochs * (data.TrainCount / batch) * batch * views;
        var probe = member.Effective.Flag("head.probe_first") ? member.Epochs * (double)data.TrainCount : 0;
        var evaluated = (double)(member.Epochs / blueprint.Evaluate.Every + 1) * blueprint.Evaluate.On.Sum(split => EvaluatedCount(member, split));
        return member.Architecture.ForwardFlop(head) * (3 * seen + probe + evaluated);
    }

    static int EvaluatedCount(Member member, string split) => member.Dataset switch
    {
        { Origin: DatasetOrigin.Builtin, Source: "digits" } => split switch { "train" => Datasets.Digits.TrainCount, "val" => Datasets.Digits.ValCount, _ => Datasets.Digits.TestCount },
        { Origin: DatasetOrigin.Builtin } builtin when split != "train" => builtin.Args.GetValueOrDefault(split) is IReadOnlyDictionary<string, object?> args && args.GetValueOrDefault("n") is long n ? (int)n : 0,
        _ => split == "train" ? member.DatasetFacts!.TrainCount : 0,
    };
}

using System.Diagnostics;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Training;

/// <summary>How fast this machine trains a member, measured on a few steps with data of the same shape.</summary>
public static class Calibration
{
    /// <summary>Work of a step that is measured at most; models of which one sample needs more are not measured.</summary>
    const double MostStepFlop = 2e9;
    const int MostBatch = 64;

    /// <summary>Steps before the clock starts: code is compiled in stages, the fast one after some calls.</summary>
    static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(0.4);
    static readonly TimeSpan s_measured = TimeSpan.FromSeconds(0.4);

    /// <summary>Floating-point operations a second on one core, as <see cref="PlannedStage.TrainingFlop"/> counts them; null when the member is too large to try.</summary>
    public static double? Measure(Member member, CancellationToken stop)
    {
        if (member.Head is not { } head || member.Architecture.Channels != 1) return null;
        var settings = TrainSettings.Of(member.Effective);
        var each = 3 * member.Architecture.ForwardFlop(head);
        var views = settings.Objective == Objective.Contrastive ? 2 : 1;
        var fewest = views;
        if (each * fewest * views > MostStepFlop || head.Out > 256) return null;
        var batch = (int)Math.Clamp(MostStepFlop / (each * views), fewest, Math.Min(MostBatch, Math.Max(fewest, settings.Batch)));
        var set = Random(member.Architecture.Image, settings.Objective == Objective.Supervised ? head.Out : 2, batch * 4);
        // The work is the same at any rate and from any start; what cannot diverge is measured to the end.
        settings = settings with { LearningRate = 0, Initialization = Initialization.XavierUniform, Batch = batch, Epochs = 1_000_000, Augment = [], ProbeFirst = false, WarmupSteps = 0, Ema = 0 };
        var trainer = new MemberTrainer(new(member.Architecture, head, settings, set, [], 1, StartingPoint.Of(member.Architecture, head, settings.Initialization, 1, 1)));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < s_warmUp) trainer.RunEpoch(stop);
        clock.Restart();
        var epochs = 0;
        for (; clock.Elapsed < s_measured; epochs++) trainer.RunEpoch(stop);
        return epochs * (double)set.Count * views * each / clock.Elapsed.TotalSeconds;
    }

    static ImageSet Random(int side, int classes, int count)
    {
        var pixels = new byte[count * side * side];
        var labels = new byte[count];
        var stream = new Randomness.RandomSource(1);
        foreach (ref var pixel in pixels.AsSpan()) pixel = (byte)stream.Between(0, ImageSet.MaxInk);
        for (var i = 0; i < count; i++) labels[i] = (byte)(i % classes);
        return new("calibration", side, classes, pixels, labels);
    }
}

using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;

namespace ModelZoo.Tests.Learning;

/// <summary>The trainer against a plain reference in double precision, and against itself.</summary>
public sealed class TrainerTests
{
    static readonly Architecture s_tiny = new() { Family = Family.Vit, Image = 8, Patch = 2, Dim = 32, Depth = 4, Heads = 4, Mlp = 64 };
    /// <summary>No multiple of what a tile holds, and small enough for a slow reference.</summary>
    const int Batch = 7;

    [Fact]
    public void The_tiny_model_has_the_published_number_of_parameters()
    {
        Assert.Equal((35_306, 56), Count(new(HeadKind.Linear, 0, 10)));
        Assert.Equal((37_738, 58), Count(new(HeadKind.Mlp, 64, 10)));

        static (int, int) Count(HeadShape head) => ParameterLayout.Of(s_tiny, head) is var layout ? (layout.Count, layout.Tensors.Count) : default;
    }

    [Fact]
    public void The_reference_has_the_gradients_that_differences_say()
    {
        var model = s_tiny with { Dim = 8, Depth = 2, Heads = 2, Mlp = 12, Image = 4 };
        foreach (var head in new[] { new HeadShape(HeadKind.Linear, 0, 3), new HeadShape(HeadKind.Mlp, 5, 3) })
        {
            var vit = new ReferenceVit(model, head);
            var theta = ModelInitializer.Initialize(vit.Layout, Initialization.XavierUniform, 5, 5).Select(x => (double)x + 0.01).ToArray();
            var images = Noise(2 * model.Pixels, 9);
            double[] targets = [0.9, 0.05, 0.05, 0.1, 0.1, 0.8];
            var gradient = new double[theta.Length];
            vit.Run(theta, images, targets, 2, gradient);
            for (var i = 0; i < theta.Length; i += 7)
            {
                const double step = 1e-5;
                var kept = theta[i];
                theta[i] = kept + step;
                var up = vit.Run(theta, images, targets, 2, null);
                theta[i] = kept - step;
                var down = vit.Run(theta, images, targets, 2, null);
                theta[i] = kept;
                Assert.Equal((up - down) / (2 * step), gradient[i], 1e-8);
            }
        }
    }

    [Theory]
    [InlineData(OptimizerKind.Sgd, HeadKind.Linear, Activation.Gelu)]
    [InlineData(OptimizerKind.AdamW, HeadKind.Linear, Activation.Gelu)]
    [InlineData(OptimizerKind.AdamW, HeadKind.Mlp, Activation.Tanh)]
    [InlineData(OptimizerKind.Adam, HeadKind.Linear, Activation.Gelu)]
    public void Twenty_steps_follow_the_reference(OptimizerKind optimizer, HeadKind kind, Activation activation)
    {
        var head = new HeadShape(kind, kind == HeadKind.Mlp ? 64 : 0, 16);
        var model = s_tiny with { Activation = activation };
        var set = Glyphs8.Make(20 * Batch, 3);
        var settings = new TrainSettings
        {
            Epochs = 1, Batch = Batch, Optimizer = optimizer, LearningRate = optimizer == OptimizerKind.Sgd ? 0.03 : 1e-3, Momentum = optimizer == OptimizerKind.Sgd ? 0.9 : 0,
            WeightDecay = optimizer == OptimizerKind.Adam ? 1e-2 : 1e-4, LabelSmoothing = 0.1, Schedule = ScheduleKind.Cosine, WarmupSteps = 4,
        };
        var start = StartingPoint.Of(model, head, Initialization.XavierUniform, 42, 42);
        var trainer = new MemberTrainer(new(model, head, settings, set, [], 42, start));
        var report = trainer.RunEpoch(default);

        var reference = new ReferenceVit(model, head);
        var theta = start.Select(x => (double)x).ToArray();
        var (first, second) = (new double[theta.Length], new double[theta.Length]);
        var order = RandomSource.Named(42, "shuffle/1").Permutation(set.Count);
        var losses = 0.0;
        for (var step = 0; step < 20; step++)
        {
            var images = new float[Batch * 64];
            var targets = new double[Batch * 16];
            for (var i = 0; i < Batch; i++)
            {
                set.Read(order[step * Batch + i], images.AsSpan(i * 64, 64));
                for (var c = 0; c < 16; c++) targets[i * 16 + c] = 0.1 / 16 + (c == set.Labels[order[step * Batch + i]] ? 0.9 : 0);
            }
            var gradient = new double[theta.Length];
            losses += reference.Run(theta, images, targets, Batch, gradient);
            var rate = settings.LearningRate * (step < 4 ? (step + 1) / 4.0 : 0.5 * (1 + Math.Cos(Math.PI * step / 20)));
            for (var i = 0; i < theta.Length; i++)
            {
                if (optimizer == OptimizerKind.Sgd)
                {
                    first[i] = 0.9 * first[i] + gradient[i] + 1e-4 * theta[i];
                    theta[i] -= rate * first[i];
                    continue;
                }
                // Adam has the decay in its gradient, and so in both moments; AdamW beside them.
                if (optimizer == OptimizerKind.Adam) gradient[i] += 1e-2 * theta[i];
                else theta[i] *= 1 - rate * 1e-4;
                first[i] = 0.9 * first[i] + 0.1 * gradient[i];
                second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
                theta[i] -= rate * (first[i] / (1 - Math.Pow(0.9, step + 1))) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.999, step + 1))) + 1e-8);
            }
        }
        Assert.Equal(losses / 20, report.TrainLoss!.Value, 1e-5);
        var worst = 0.0;
        foreach (var tensor in trainer.Layout.Tensors)
        for (var i = 0; i < tensor.Count; i++)
        {
            // The key bias has a gradient of exactly zero; Adam turns its rounding into steps.
            if (tensor.Name.EndsWith("qkv.bias", StringComparison.Ordinal) && i / 32 == 1) continue;
            worst = Math.Max(worst, Math.Abs(trainer.Parameters[tensor.Offset + i] - theta[tensor.Offset + i]));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{optimizer} {kind}: largest difference {worst:E2}");
        Assert.InRange(worst, 0, 1e-5);
    }

    [Fact]
    public void Adam_without_decay_is_AdamW_without_decay()
    {
        var head = new HeadShape(HeadKind.Linear, 0, 16);
        var (plain, same) = (Train(OptimizerKind.AdamW, 0), Train(OptimizerKind.Adam, 0));
        Assert.Equal(plain, same);
        Assert.NotEqual(Train(OptimizerKind.AdamW, 0.1), Train(OptimizerKind.Adam, 0.1));

        float[] Train(OptimizerKind optimizer, double decay)
        {
            var settings = new TrainSettings { Epochs = 1, Batch = Batch, Optimizer = optimizer, LearningRate = 1e-2, WeightDecay = decay };
            var trainer = new MemberTrainer(new(s_tiny, head, settings, Glyphs8.Make(5 * Batch, 3), [], 42, StartingPoint.Of(s_tiny, head, Initialization.XavierUniform, 42, 42)));
            trainer.RunEpoch(default);
            return trainer.Parameters.ToArray();
        }
    }

    [Fact]
    public void Nothing_is_dropped_where_a_model_is_asked_and_where_a_head_is_fitted_first()
    {
        var head = new HeadShape(HeadKind.Mlp, 12, 16);
        var (set, asked) = (Glyphs8.Make(4 * Batch, 3), Glyphs8.Make(20, 4));
        var settings = new TrainSettings { Epochs = 2, Batch = Batch, LearningRate = 1e-3, Dropout = 0.5 };
        var start = StartingPoint.Of(s_tiny, head, Initialization.XavierUniform, 42, 42);
        var trainer = new MemberTrainer(new(s_tiny, head, settings, set, [asked], 42, start));
        var report = trainer.RunEpoch(default);
        Assert.Equal(Evaluator.Run(s_tiny, head, trainer.Parameters.ToArray(), asked, default).Logits, report.Splits[0].Logits);
        var whole = new MemberTrainer(new(s_tiny, head, settings with { Dropout = 0 }, set, [], 42, start));
        Assert.NotEqual(whole.RunEpoch(default).TrainLoss, report.TrainLoss);
        Assert.Equal(PopulationTrainer.Probe(s_tiny, head, settings with { Dropout = 0 }, set, 7, start, default), PopulationTrainer.Probe(s_tiny, head, settings, set, 7, start, default));
    }

    [Theory]
    [InlineData(Initialization.Uniform, 0.5, 1 / 12.0, 0, 1)]
    [InlineData(Initialization.Normal, 0, 1, -6, 6)]
    public void Plain_first_values_do_not_depend_on_widths(Initialization kind, double mean, double variance, double least, double most)
    {
        var layout = ParameterLayout.Of(s_tiny, new(HeadKind.Linear, 0, 16));
        var values = ModelInitializer.Initialize(layout, kind, 3, 4);
        foreach (var tensor in layout.Tensors.Where(tensor => tensor.Shape.Count >= 2 && tensor.Count >= 1024 && tensor.Name != "pos_embed"))
        {
            var part = values[tensor.Offset..(tensor.Offset + tensor.Count)];
            var found = part.Average(value => (double)value);
            // Six deviations of the mean of so many draws.
            Assert.InRange(found, mean - 6 * Math.Sqrt(variance / part.Length), mean + 6 * Math.Sqrt(variance / part.Length));
            Assert.InRange(part.Average(value => Math.Pow(value - mean, 2)), 0.8 * variance, 1.2 * variance);
            Assert.All(part, value => Assert.InRange(value, least, most));
        }
        Assert.All(layout.Tensors.Where(tensor => tensor.Name.EndsWith("norm1.weight", StringComparison.Ordinal)), tensor => Assert.Equal(1, values[tensor.Offset]));
    }

    static float[] Noise(int count, ulong seed)
    {
        var source = new RandomSource(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(source.NextUnit() * 2 - 1))];
    }
}

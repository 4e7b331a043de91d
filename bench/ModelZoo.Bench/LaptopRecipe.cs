using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;

namespace ModelZoo.Bench;

/// <summary>The laptop recipe: a tiny ViT, 1,000 images of 8×8 in 20 steps of 50, AdamW; trained by PyTorch and by our kernels.</summary>
static partial class LaptopRecipe
{
    public const int Images = 1000, Batch = 50, Epochs = 15;
    public const double Rate = 1e-3, WeightDecay = 1e-4, Smoothing = 0.1;

    /// <summary>Seconds of the best epoch; of several processes that ran at once, their mean.</summary>
    public static async Task<double> TorchAsync(string data, int dim, int processes)
    {
        var script = Path.Combine(Report.Repository(), "bench", "learning", "torch_epochs.py");
        var found = await Task.WhenAll(Enumerable.Range(0, processes).Select(async _ =>
        {
            using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, data, $"{dim}", $"{Epochs}"]) { RedirectStandardOutput = true })!;
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return EpochTime().Match(text) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) / 1000 : throw new InvalidOperationException($"PyTorch did not run: {text}");
        }));
        return found.Average();
    }

    public static double Own(ImageSet set, int dim, int members)
    {
        var best = new double[members];
        Clients.Run(members, member =>
        {
            var model = Model(dim);
            var head = Head(set);
            var trainer = new MemberTrainer(new(model, head, Settings, set, [], (ulong)member + 1, Start(model, head, member)));
            best[member] = double.MaxValue;
            for (var epoch = 0; epoch < Epochs; epoch++)
            {
                var clock = Stopwatch.StartNew();
                trainer.RunEpoch(CancellationToken.None, evaluate: false);
                best[member] = Math.Min(best[member], clock.Elapsed.TotalSeconds);
            }
        });
        return best.Average();
    }

    public static TrainSettings Settings => new() { Epochs = Epochs, Batch = Batch, LearningRate = Rate, WeightDecay = WeightDecay, LabelSmoothing = Smoothing };

    public static HeadShape Head(ImageSet set) => new(HeadKind.Linear, 0, set.Classes);

    public static float[] Start(Architecture model, HeadShape head, int member) => StartingPoint.Of(model, head, Initialization.XavierUniform, (ulong)member + 1, (ulong)member + 1);

    public static Architecture Model(int dim) => new() { Family = Family.Vit, Image = 8, Patch = 2, Dim = dim, Depth = 4, Heads = 4, Mlp = 2 * dim };

    /// <summary>As the file of digits: 64 numbers and the class in each row.</summary>
    public static async Task WriteAsync(ImageSet set, string path)
    {
        var text = new StringBuilder();
        for (var i = 0; i < set.Count; i++) text.AppendJoin(',', set.Pixels.AsSpan(i * set.PixelsEach, set.PixelsEach).ToArray()).Append(',').Append(set.Labels[i]).Append('\n');
        await using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        await packed.WriteAsync(Encoding.ASCII.GetBytes(text.ToString()));
    }

    [GeneratedRegex(@": (\d+(?:\.\d+)?) ms an epoch")]
    private static partial Regex EpochTime();
}

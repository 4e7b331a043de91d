using System.Diagnostics;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;

namespace ModelZoo.Bench.TrainingGraphs;

/// <summary>The laptop recipe's step executed by ONNX Runtime as one graph, against our kernels and PyTorch: what ADR 0009 was decided by.</summary>
static class GraphBench
{
    /// <summary>How far loss and gradients may lie from the trainer's, relative to the largest of each tensor.</summary>
    const double Tolerance = 1e-4;

    /// <summary>A way to execute it.</summary>
    /// <param name="Runs">Threads that run steps of their own.</param>
    /// <param name="Stacked">Members in each run.</param>
    /// <param name="Inside">Threads inside a run.</param>
    sealed record Way(string Name, int Runs, int Stacked, int Inside, bool Copies = false)
    {
        /// <summary>Epochs of many members are long: fewer of them find the best.</summary>
        public int Epochs => Math.Max(4, LaptopRecipe.Epochs / Stacked);
    }

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = Path.Combine(options.Folder, "images.csv.gz");
        var set = Shapes8.Make(LaptopRecipe.Images, 1);
        await LaptopRecipe.WriteAsync(set, data);
        var cores = Environment.ProcessorCount;
        Way[] one = [new("graph", 1, 1, 1), new("graph, parameters copied in and out", 1, 1, 1, Copies: true), new("graph, 2 members stacked", 1, 2, 1), new("graph, 8 members stacked", 1, 8, 1)];
        Way[] all = [new($"graph, {cores} members, a thread each, one session", cores, 1, 1), new("graph, 2 members stacked, threads inside", 1, 2, cores), new("graph, 8 members stacked, threads inside", 1, 8, cores)];
        int[] dims = [32, 64];
        var cells = new Dictionary<(string, int), List<double>>();
        var (loss, gradients) = (0.0, 0.0);
        foreach (var dim in dims)
        {
            foreach (var members in (int[])[1, 2, 8])
            {
                var found = await CompareAsync(set, dim, members);
                (loss, gradients) = (Math.Max(loss, found.Loss), Math.Max(gradients, found.Gradients));
            }
            for (var round = 0; round < options.Rounds; round++)
            {
                await AddAsync("PyTorch, 1", async () => 1 / await LaptopRecipe.TorchAsync(data, dim, 1));
                await AddAsync("kernels, 1", () => Task.FromResult(1 / LaptopRecipe.Own(set, dim, 1)));
                foreach (var way in one) await AddAsync(way.Name, () => RateAsync(set, dim, way));
                await AddAsync("PyTorch, all", async () => cores / await LaptopRecipe.TorchAsync(data, dim, cores));
                await AddAsync("kernels, all", () => Task.FromResult(cores / LaptopRecipe.Own(set, dim, cores)));
                foreach (var way in all) await AddAsync(way.Name, () => RateAsync(set, dim, way));

                async Task AddAsync(string name, Func<Task<double>> measure)
                {
                    var rate = await measure();
                    if (!cells.TryGetValue((name, dim), out var rates)) rates = cells[(name, dim)] = [];
                    rates.Add(rate);
                }
            }
        }
        var rows = new List<IReadOnlyList<string>>();
        Row("one core: kernels", "kernels, 1", "kernels, 1");
        Row("one core: PyTorch", "PyTorch, 1", "kernels, 1");
        foreach (var way in one) Row($"one core: {way.Name}", way.Name, "kernels, 1");
        Row($"{cores} cores: kernels, {cores} members", "kernels, all", "kernels, all");
        Row($"{cores} cores: PyTorch, {cores} processes", "PyTorch, all", "kernels, all");
        foreach (var way in all) Row($"{cores} cores: {way.Name}", way.Name, "kernels, all");
        return new("graph", "A training step as a graph", "Epochs a second, summed over members, of the laptop recipe's step (forward, derived backward, AdamW) executed by ONNX Runtime as one graph, beside our kernels and PyTorch in the same run.",
            ["", .. dims.SelectMany(dim => (string[])[$"dim {dim}", $"of kernels'"])], rows,
            [
                $"{options.Rounds} rounds, all ways in turn; each figure is a best epoch, of {LaptopRecipe.Epochs}, or of at least four where members are stacked. Parameters and moments are inputs and outputs, bound to two sets of memory in turn, so that nothing is copied; one row copies instead.",
                "Gradients are derived by a reverse-mode differentiator, all optimisations of the runtime on. Members are stacked on a leading axis of every node.",
                $"Checked in this run for 1, 2 and 8 members at both widths: the loss of the first step lies within {loss:0.0e+0} of the trainer's, gradients within {gradients:0.0e+0} of the largest of their tensor (allowed: {Tolerance:0e+0}).",
                $"{OnnxRuntime.Engine.Split(" (")[0]}; this build has no gradient operators of its own and no training interface.",
            ]);

        void Row(string title, string name, string kernels) =>
            rows.Add([title, .. dims.SelectMany(dim => (string[])[cells[(name, dim)].Spread(), $"{cells[(name, dim)].Zip(cells[(kernels, dim)], (a, b) => a / b).Median():F2}"])]);
    }

    static Task<OnnxSession> OpenAsync(ImageSet set, int dim, int members, int threads) =>
        OnnxSession.OpenAsync(VitStep.Write(LaptopRecipe.Model(dim), LaptopRecipe.Head(set), members, LaptopRecipe.Batch), new() { Threads = threads }, null, null, CancellationToken.None);

    static float[][] Starts(ImageSet set, int dim, int members) => [.. Enumerable.Range(0, members).Select(member => LaptopRecipe.Start(LaptopRecipe.Model(dim), LaptopRecipe.Head(set), member))];

    /// <summary>Epochs a second of all members together.</summary>
    static async Task<double> RateAsync(ImageSet set, int dim, Way way)
    {
        using var session = await OpenAsync(set, dim, way.Stacked, way.Inside);
        var best = new double[way.Runs];
        Clients.Run(way.Runs, run =>
        {
            using var trainer = new GraphTrainer(session, set, LaptopRecipe.Batch, Starts(set, dim, way.Stacked)) { Copies = way.Copies };
            best[run] = double.MaxValue;
            var first = float.MaxValue;
            for (var epoch = 0; epoch < way.Epochs; epoch++)
            {
                var clock = Stopwatch.StartNew();
                trainer.RunEpoch(LaptopRecipe.Rate, LaptopRecipe.WeightDecay, LaptopRecipe.Smoothing);
                best[run] = Math.Min(best[run], clock.Elapsed.TotalSeconds);
                if (epoch == 0) first = trainer.Loss[0];
            }
            if (!float.IsFinite(trainer.Loss[0]) || trainer.Loss[0] > first) throw new InvalidOperationException($"The graph learned nothing: its loss is {trainer.Loss[0]}.");
        });
        return way.Runs * way.Stacked / best.Average();
    }

    /// <summary>Relative differences of the first step from the trainer's: the loss, and the gradients of each tensor against its largest.</summary>
    static async Task<(double Loss, double Gradients)> CompareAsync(ImageSet set, int dim, int members)
    {
        var (model, head, batch) = (LaptopRecipe.Model(dim), LaptopRecipe.Head(set), set.Slice("batch", 0, LaptopRecipe.Batch));
        using var session = await OpenAsync(set, dim, members, 1);
        var starts = Starts(set, dim, members);
        using var graph = new GraphTrainer(session, batch, LaptopRecipe.Batch, starts);
        graph.RunEpoch(LaptopRecipe.Rate, LaptopRecipe.WeightDecay, LaptopRecipe.Smoothing);
        var (loss, gradients) = (0.0, 0.0);
        for (var member = 0; member < members; member++)
        {
            var trainer = new MemberTrainer(new(model, head, LaptopRecipe.Settings, batch, [], 1, starts[member]));
            var expected = trainer.RunEpoch(CancellationToken.None, evaluate: false).TrainLoss!.Value;
            loss = Math.Max(loss, Math.Abs(graph.Loss[member] - expected) / expected);
            foreach (var tensor in trainer.Layout.Tensors)
            {
                var ours = trainer.Gradients.Slice(tensor.Offset, tensor.Count);
                var theirs = graph.Gradients.Slice(member * trainer.Layout.Count + tensor.Offset, tensor.Count);
                var (apart, largest) = (0.0, 0.0);
                for (var i = 0; i < ours.Length; i++) (apart, largest) = (Math.Max(apart, Math.Abs(ours[i] - theirs[i])), Math.Max(largest, Math.Abs(ours[i])));
                gradients = Math.Max(gradients, apart / largest);
                if (!(apart <= Tolerance * largest)) throw new InvalidOperationException($"The graph's gradient of {tensor.Name} is {apart / largest:0.0e+0} away from the trainer's ({members} members, width {dim}).");
            }
        }
        return loss <= Tolerance ? (loss, gradients) : throw new InvalidOperationException($"The graph's loss is {loss:0.0e+0} away from the trainer's ({members} members, width {dim}).");
    }
}

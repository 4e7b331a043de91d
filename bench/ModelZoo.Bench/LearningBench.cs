using ModelZoo.Learning.Datasets;

namespace ModelZoo.Bench;

/// <summary>The laptop recipe against PyTorch, one member and as many as there are cores.</summary>
static class LearningBench
{
    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = Path.Combine(options.Folder, "images.csv.gz");
        var set = Shapes8.Make(LaptopRecipe.Images, 1);
        await LaptopRecipe.WriteAsync(set, data);
        var cores = Environment.ProcessorCount;
        var rows = new List<IReadOnlyList<string>>();
        foreach (var dim in (int[])[32, 64])
            foreach (var members in (int[])[1, cores])
            {
                var (theirs, ours) = (new List<double>(), new List<double>());
                for (var round = 0; round <= options.Rounds; round++)
                {
                    var their = members / await LaptopRecipe.TorchAsync(data, dim, members);
                    var our = members / LaptopRecipe.Own(set, dim, members);
                    if (round == 0) continue;
                    theirs.Add(their);
                    ours.Add(our);
                }
                rows.Add([$"dim {dim}, {(members == 1 ? "one member" : $"{members} members at once")}", theirs.Spread(), ours.Spread(), ours.Zip(theirs, (a, b) => a / b).ToList().Spread()]);
            }
        return new("learning", "Training the laptop recipe", "Epochs a second of the tiny ViT (4 blocks, 4 heads; 1,000 images of 8×8, 20 steps of 50, AdamW). Aim: 3 times PyTorch on the same cores, never below 1.7.",
            ["", "PyTorch", "ours", "ours / PyTorch: median (range)"], rows,
            [
                $"{options.Rounds} rounds after one to warm up, the sides in turn; each round's figure is its best epoch of {LaptopRecipe.Epochs}, so that a busy machine disturbs little. Evaluation is not counted.",
                "PyTorch: Debian's, one thread a process (its best here), as many processes as members. Ours: one thread a member in one process.",
                "The same step as a graph of ONNX Runtime: `./dev bench graph`.",
            ]);
    }
}

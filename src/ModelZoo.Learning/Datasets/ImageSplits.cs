using ModelZoo.Learning.Blueprints;

namespace ModelZoo.Learning.Datasets;

/// <summary>A data set cut into what one trains on, selects by, and reports on.</summary>
public sealed record ImageSplits(ImageSet Train, IReadOnlyList<ImageSet> Others)
{
    const int DefaultCount = 4096;
    const ulong DefaultSeed = 1;

    /// <summary>Of all pixels.</summary>
    public long Bytes => Others.Prepend(Train).Sum(part => (long)part.Pixels.Length);

    public ImageSet? Find(string split) => split == "train" ? Train : Others.FirstOrDefault(set => set.Name == split);

    /// <summary>A data set made here; null for those that lie elsewhere. The digits come from a file and are passed in.</summary>
    public static ImageSplits? Of(BlueprintDataset dataset, ImageSet? digits)
    {
        if (dataset.Origin != DatasetOrigin.Builtin) return null;
        if (dataset.Source == "digits")
            return digits is null ? null : new(Digits.Train(digits), [Digits.Val(digits), Digits.Test(digits), Digits.NoisyTest(digits)]);
        var side = dataset.Arg("side") ?? 8;
        var make = dataset.Source == "glyphs8" ? (Func<int, ulong, int, ImageSet>)Glyphs8.Make : Shapes8.Make;
        var others = new List<ImageSet>();
        foreach (var split in (string[])["val", "test"])
            if (dataset.Args.GetValueOrDefault(split) is IReadOnlyDictionary<string, object?> args && args.GetValueOrDefault("n") is long and > 0 and var n)
                others.Add(make((int)n, (ulong)(args.GetValueOrDefault("seed") as long? ?? (split == "val" ? 2 : 3)), side) with { Name = split });
        return new(make(dataset.Arg("n") ?? DefaultCount, dataset.Args.GetValueOrDefault("seed") is long seed ? (ulong)seed : DefaultSeed, side) with { Name = "train" }, others);
    }
}

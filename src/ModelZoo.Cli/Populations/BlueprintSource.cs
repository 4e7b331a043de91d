using System.CommandLine;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;

namespace ModelZoo.Cli.Populations;

/// <summary>The blueprint a person names, a file or a template, and the data it asks for.</summary>
sealed record BlueprintSource(string Text, Blueprint Blueprint)
{
    /// <summary>As $MODELZOO_DIGITS: where the digits lie, which are not part of the program.</summary>
    const string DigitsVariable = "MODELZOO_DIGITS";
    const int MaxBytes = 4 << 20;

    public static readonly Option<FileInfo?> DigitsFile = new("--digits") { Description = $"The handwritten digits: the file digits.csv.gz that scikit-learn bundles [default: ${DigitsVariable}]", HelpName = "FILE" };

    public static Argument<string> Argument() => new("BLUEPRINT") { Description = "A YAML file, or the name of a template (`zoo population templates`)" };

    /// <exception cref="Learning.RecipeException">The text is no blueprint; names line and key.</exception>
    public static async Task<BlueprintSource> ReadAsync(string name, CancellationToken stop)
    {
        string text;
        if (File.Exists(name))
        {
            if (new FileInfo(name).Length > MaxBytes) throw new UsageException($"'{name}' is longer than any blueprint.");
            text = await File.ReadAllTextAsync(name, stop);
        }
        else text = BlueprintTemplates.Find(name) ?? throw new UsageException($"There is no file '{name}' and no template of that name; there are {string.Join(", ", BlueprintTemplates.Names)}.");
        return new(text, Blueprint.Parse(text));
    }

    /// <summary>Data by need: made here, or read from the digits' file.</summary>
    /// <exception cref="UsageException">The blueprint needs the digits, and nobody said where they are.</exception>
    public Func<BlueprintDataset, ImageSplits?> OpenData(LocalCall call) => OpenData(call, Blueprint.Datasets.Values);

    public static Func<BlueprintDataset, ImageSplits?> OpenData(LocalCall call, IEnumerable<BlueprintDataset> datasets)
    {
        var digits = datasets.Any(set => set is { Origin: DatasetOrigin.Builtin, Source: "digits" }) ? ReadDigits(call) : null;
        var made = new Dictionary<string, ImageSplits?>(StringComparer.Ordinal);
        return set =>
        {
            lock (made)
            {
                if (!made.TryGetValue(set.Id, out var splits)) made[set.Id] = splits = ImageSplits.Of(set, digits);
                return splits;
            }
        };
    }

    static ImageSet ReadDigits(LocalCall call)
    {
        var path = call.Parse.GetResult(DigitsFile) is not null && call.Get(DigitsFile) is { } given ? given.FullName : Environment.GetEnvironmentVariable(DigitsVariable);
        if (string.IsNullOrEmpty(path))
            throw new UsageException($"The blueprint needs the handwritten digits, which are not part of this program: pass --digits FILE or set {DigitsVariable}. The file is digits.csv.gz of scikit-learn (sklearn/datasets/data); the shapes-14 template needs no file.");
        if (!File.Exists(path)) throw new UsageException($"There is no '{path}'.");
        if (new FileInfo(path).Length > MaxBytes) throw new UsageException($"'{path}' is longer than the digits.");
        return Digits.Parse(File.ReadAllBytes(path));
    }
}

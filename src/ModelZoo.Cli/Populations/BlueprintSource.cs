using System.CommandLine;
using ModelZoo.Client;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;

namespace ModelZoo.Cli.Populations;

/// <summary>The blueprint a person names, a file or a template, and the data it asks for.</summary>
sealed record BlueprintSource(string Text, Blueprint Blueprint)
{
    /// <summary>As $MODELZOO_DIGITS: where the digits lie, which are not part of the program.</summary>
    const string DigitsVariable = "MODELZOO_DIGITS";
    const int MaxBytes = 4 << 20;

    /// <summary>Of one data set, held in memory: CIFAR-10 takes 184 MB.</summary>
    const long MaxPixelBytes = 2L << 30;

    public static readonly Option<FileInfo?> DigitsFile = new("--digits") { Description = $"The handwritten digits: the file digits.csv.gz that scikit-learn bundles [default: ${DigitsVariable}]", HelpName = "FILE" };

    public static readonly Option<string[]?> DataFolders = new("--data") { Description = "Where a data set of the blueprint lies on this machine: pictures as Hugging Face's library reads them, or a NumPy archive; may be repeated", HelpName = "NAME=DIR" };

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

    /// <summary>The data that the blueprint's members need, made or read.</summary>
    /// <param name="pulls">Fetch data sets of a hub; otherwise they are left to a trainer that loads them itself.</param>
    /// <exception cref="UsageException">The blueprint needs data, and nobody said where it is.</exception>
    public Task<PopulationData> OpenDataAsync(LocalCall call, bool pulls) => OpenDataAsync(call, Blueprint.Datasets.Values, pulls);

    public static async Task<PopulationData> OpenDataAsync(LocalCall call, IEnumerable<BlueprintDataset> datasets, bool pulls)
    {
        var (read, sets) = (new Dictionary<string, ImageSplits>(StringComparer.Ordinal), datasets.ToList());
        var folders = Folders(call, sets);
        foreach (var set in sets)
        {
            if (read.ContainsKey(set.Id)) continue;
            if (folders.GetValueOrDefault(set.Name) is not { } folder)
            {
                if (set.Origin != DatasetOrigin.Hub || !pulls) continue;
                folder = await PullAsync(call, set);
            }
            try
            {
                read[set.Id] = await PictureFolder.ReadAsync(folder, set, MaxPixelBytes, call.Stop);
            }
            catch (InvalidDataException problem)
            {
                throw new UsageException($"The data set '{set.Name}' cannot be trained on: {problem.Message}");
            }
        }
        var digits = sets.Any(set => set is { Origin: DatasetOrigin.Builtin, Source: "digits" }) ? ReadDigits(call) : null;
        return new(read, digits);
    }

    static async Task<string> PullAsync(LocalCall call, BlueprintDataset set)
    {
        try
        {
            return (await EvalSources.PullAsync(call, set.Source, RepoKind.Dataset)).Folder;
        }
        catch (Exception problem) when (problem is ZooApiException or HttpRequestException)
        {
            throw new UsageException($"The data set '{set.Name}' ({set.Id}) is not at hand: {ZooCommand.Explain(problem).Text}. Say where it lies with --data {set.Name}=DIR; a trainer of your own may know it: --trainer.");
        }
    }

    static Dictionary<string, string> Folders(LocalCall call, List<BlueprintDataset> sets)
    {
        var folders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in call.Parse.GetResult(DataFolders) is null ? [] : call.Get(DataFolders) ?? [])
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } folder]) throw new UsageException($"--data takes NAME=DIR, not '{text}'.");
            if (sets.Find(set => set.Name == name) is not { } set) throw new UsageException($"The blueprint has no data set '{name}'; it has {string.Join(", ", sets.Select(each => each.Name))}.");
            if (set.Origin == DatasetOrigin.Builtin) throw new UsageException($"The data set '{name}' is made by this program; --data is for those that the blueprint takes from a hub or names by digest.");
            folders[name] = Directory.Exists(folder) ? folder : throw new UsageException($"There is no folder '{folder}'.");
        }
        return folders;
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

using System.Globalization;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>A sample of a preprocessed zoo: a model at an epoch.</summary>
/// <param name="Tensors">Read when they are asked for.</param>
sealed record VectorSample(string Member, int Epoch, IReadOnlyList<TensorContent> Tensors, IReadOnlyDictionary<string, double> Properties, IReadOnlyList<(string Name, string Value)> Words);

/// <summary>
/// One set of a preprocessed zoo: models as rows of a matrix, as a list of vectors or as a list of state dictionaries, beside lists of what is known of each. Only
/// files of tensors and plain lists are read; the class that the published files wrap these in is code.
/// </summary>
/// <param name="Split">train, val or test, by the name of the set; null when it does not say.</param>
sealed record VectorSet(string Path, string Name, string? Split, IReadOnlyList<VectorSample> Samples)
{
    const int MaxSamples = 5_000_000;

    /// <summary>Under which name the models lie: the published class's, and what people call theirs.</summary>
    static readonly string[] s_models = ["data_in", "theta", "weights", "weights_in", "vectors", "checkpoints"];

    /// <summary>The sets of a file whose header was read with all its lists.</summary>
    /// <exception cref="MergeException">It holds models that the index does not describe.</exception>
    public static IReadOnlyList<VectorSet> Of(string path, WeightFile file, IReadOnlyList<TensorContent> tensors, VectorIndex? index)
    {
        var sets = new List<VectorSet>();
        foreach (var group in tensors.Select(tensor => (Tensor: tensor, Root: Root(tensor.Name))).Where(pair => pair.Root is not null).GroupBy(pair => pair.Root!.Value.Prefix))
        {
            var root = group.First().Root!.Value;
            var models = Models(group.Select(pair => (pair.Tensor, pair.Root!.Value.Inner)).ToList(), index, path);
            if (models.Count > MaxSamples) throw new MergeException($"it holds more than {MaxSamples} models");
            var facts = new Facts(root.Prefix, models.Count, file, tensors);
            var name = root.Prefix.TrimEnd('.') is { Length: > 0 } given ? given : System.IO.Path.GetFileNameWithoutExtension(path);
            sets.Add(new(path, name, SplitOf(name) ?? SplitOf(System.IO.Path.GetFileName(path)), [.. models.Select((model, i) => facts.Describe(name, i, model))]));
        }
        return sets;
    }

    /// <summary><c>trainset.data_in.17.conv.weight</c>: the set, and what is said within its list of models.</summary>
    static (string Prefix, string Inner)? Root(string name)
    {
        var parts = name.Split('.');
        var at = Array.FindIndex(parts, part => s_models.Contains(part));
        return at < 0 || at > 2 ? null : (string.Concat(parts.Take(at).Select(part => part + ".")), string.Join('.', parts.Skip(at + 1)));
    }

    static List<IReadOnlyList<TensorContent>> Models(List<(TensorContent Tensor, string Inner)> found, VectorIndex? index, string path)
    {
        if (found is [({ Shape: [var rows, var width] } matrix, "")] && matrix.DType.IsFloating) return [.. Enumerable.Range(0, (int)Math.Min(rows, MaxSamples + 1L)).Select(row => Cut(matrix, row * width, width, index, path))];
        var models = new SortedDictionary<int, List<TensorContent>>();
        foreach (var (tensor, rest) in found)
        {
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            if (!int.TryParse(dot < 0 ? rest : rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw new MergeException($"'{tensor.Name}' is neither a row of a matrix nor one of a list of models");
            if (!models.TryGetValue(number, out var list)) models[number] = list = [];
            if (dot >= 0) list.Add(tensor with { Name = rest[(dot + 1)..] });
            else list.AddRange(tensor.Shape is [var length] ? Cut(tensor, 0, length, index, path) : throw new MergeException($"'{tensor.Name}' is no vector"));
        }
        return [.. models.Values];
    }

    static IReadOnlyList<TensorContent> Cut(TensorContent vector, long first, long width, VectorIndex? index, string path)
    {
        if (index is null) throw new MergeException("it holds flat vectors, and no index_dict.json says which of their numbers are which tensor");
        if (index.Length != width) throw new MergeException($"its vectors have {width} numbers; index_dict.json describes {index.Length}");
        var each = vector.DType.BytesPerBlock;
        return [.. index.Tensors.Select(tensor => new TensorContent(tensor.Name, vector.DType, tensor.Shape, vector.Source, vector.Offset + (first + tensor.Offset) * each, tensor.Count * each))];
    }

    static string? SplitOf(string name) => name.Contains("train", StringComparison.OrdinalIgnoreCase) ? "train" : name.Contains("val", StringComparison.OrdinalIgnoreCase) ? "val" : name.Contains("test", StringComparison.OrdinalIgnoreCase) ? "test" : null;

    /// <summary>Lists beside the models: as long as they are many, or they say nothing.</summary>
    sealed class Facts
    {
        readonly List<(string Name, IReadOnlyList<MetadataValue> Values)> _lists = [];
        readonly IReadOnlyList<MetadataValue>? _paths, _epochs;

        public Facts(string prefix, int count, WeightFile file, IReadOnlyList<TensorContent> tensors)
        {
            foreach (var (path, value) in file.Metadata)
                if (path.StartsWith(prefix, StringComparison.Ordinal) && value is MetadataValue.Series { Items: { } items } && items.Count == count)
                    switch (path[prefix.Length..])
                    {
                        case "paths": _paths = items; break;
                        case "epochs": _epochs = items; break;
                        case var name when name.StartsWith("properties.", StringComparison.Ordinal): _lists.Add((name["properties.".Length..], items)); break;
                    }
            Tensors = [.. tensors.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal) && tensor.Shape is [var length] && length == count && TensorCast.CanDecode(tensor.DType) && tensor.Name[prefix.Length..] is var name && (name == "epochs" || name.StartsWith("properties.", StringComparison.Ordinal)))
                .Select(tensor => (tensor.Name[prefix.Length..].Replace("properties.", "", StringComparison.Ordinal), Read(tensor, count)))];
        }

        IReadOnlyList<(string Name, double[] Values)> Tensors { get; }

        public VectorSample Describe(string set, int i, IReadOnlyList<TensorContent> model)
        {
            var (numbers, words) = (new Dictionary<string, double>(StringComparer.Ordinal), new List<(string, string)>());
            foreach (var (name, values) in _lists)
                if (Number(values[i]) is { } number) numbers[name] = number;
                else if (values[i] is MetadataValue.Text or MetadataValue.Flag) words.Add((name, values[i].ToString()!));
            foreach (var (name, values) in Tensors) numbers[name] = values[i];
            var path = _paths?[i].ToString()?.Replace('\\', '/').TrimEnd('/');
            var epoch = _epochs is not null ? Number(_epochs[i]) : numbers.TryGetValue("epochs", out var listed) ? listed : numbers.TryGetValue("training_iteration", out var iteration) ? iteration : null;
            numbers.Remove("epochs");
            return new(path is { Length: > 0 } ? path : $"{set}-{i:D6}", epoch is >= 0 and <= 999_999_999 ? (int)epoch : 0, model, numbers, words);
        }

        static double? Number(MetadataValue value) => value switch { MetadataValue.Whole whole => (double)whole.Value, MetadataValue.Real real => real.Value, _ => null };

        static double[] Read(TensorContent tensor, int count)
        {
            var values = new double[count];
            new WideReader().ReadAsync(tensor, 0, values, default).AsTask().GetAwaiter().GetResult();
            return values;
        }
    }
}

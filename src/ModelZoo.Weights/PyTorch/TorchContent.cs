using System.Numerics;

namespace ModelZoo.Weights.PyTorch;

/// <summary>
/// Walks what a pickle describes and names what it finds by the path to it, joined by dots: tensors, and plain values as metadata. Each
/// container is visited once, so cycles end and shared structure does not explode.
/// </summary>
sealed class TorchContent(WeightFormat format, bool keepLists = false)
{
    const int MaxPathDepth = 200;
    const int MaxValues = 2000;
    const int MaxKeptText = 4096;

    readonly HashSet<object> _visited = new(ReferenceEqualityComparer.Instance);

    public List<(string Name, PickleTensor Tensor)> Tensors { get; } = [];

    public Dictionary<string, MetadataValue> Values { get; } = new(StringComparer.Ordinal);

    public void Walk(object? root) => Visit(root, "", 0);

    void Visit(object? node, string path, int depth)
    {
        if (depth > MaxPathDepth) throw Bad($"The pickle nests values more than {MaxPathDepth} deep.");
        switch (node)
        {
            case PickleTensor tensor: Add(path.Length > 0 ? path : "tensor", tensor); break;
            case PickleDictionary dictionary when _visited.Add(dictionary): VisitEntries(dictionary, path, depth); break;
            case PickleList list when _visited.Add(list): VisitItems(list, path, depth); break;
            case PickleCall call when _visited.Add(call):
                Visit(call.State, path, depth + 1);
                Visit(call.Arguments, path, depth + 1);
                break;
            default: Keep(path, node); break;
        }
    }

    void VisitEntries(PickleDictionary dictionary, string path, int depth)
    {
        // Of a key that occurs again the last value holds, in the place of the first, as in Python.
        var latest = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary.Items) latest[Name(key)] = value;
        foreach (var (key, value) in latest) Visit(value, Join(path, key), depth + 1);
    }

    void VisitItems(PickleList list, string path, int depth)
    {
        if (list.Items.Count > 0 && list.Items.TrueForAll(item => FindPlain(item) is not null))
        {
            KeepValue(path, new MetadataValue.Series("value", list.Items.Count,
                list.Items.Count <= (keepLists ? WeightLimits.MaxList : WeightLimits.MaxShortList) ? list.Items.ConvertAll(item => FindPlain(item)!) : null));
            return;
        }
        for (var i = 0; i < list.Items.Count; i++) Visit(list.Items[i], Join(path, i.ToString()), depth + 1);
    }

    void Add(string name, PickleTensor tensor)
    {
        if (name.Length > WeightLimits.MaxNameBytes) throw Bad($"A tensor name has more than {WeightLimits.MaxNameBytes} characters.");
        if (Tensors.Count == WeightLimits.MaxTensors) throw Bad($"There are more than {WeightLimits.MaxTensors} tensors.");
        Tensors.Add((name, tensor));
    }

    void Keep(string path, object? node)
    {
        if (FindPlain(node) is { } value) KeepValue(path.Length > 0 ? path : "value", value);
    }

    void KeepValue(string path, MetadataValue value)
    {
        if (Values.Count < MaxValues && path.Length <= WeightLimits.MaxNameBytes) Values.TryAdd(path, value);
    }

    static MetadataValue? FindPlain(object? node) => node switch
    {
        string text when text.Length <= MaxKeptText => new MetadataValue.Text(text),
        bool flag => new MetadataValue.Flag(flag),
        long number => new MetadataValue.Whole(number),
        BigInteger number when number >= (BigInteger)Int128.MinValue && number <= (BigInteger)Int128.MaxValue => new MetadataValue.Whole((Int128)number),
        double number => new MetadataValue.Real(number),
        _ => null,
    };

    static string Name(object? key) => key switch
    {
        string text => text,
        long number => number.ToString(),
        bool flag => flag ? "True" : "False",
        PickleGlobal global => global.FullName,
        _ => "?",
    };

    /// <summary>Whole modules keep their tensors in these dictionaries; a state dictionary of the same module does not name them.</summary>
    static string Join(string path, string name) =>
        name is "_modules" or "_parameters" or "_buffers" ? path : path.Length == 0 ? name : $"{path}.{name}";

    WeightFormatException Bad(string message) => new(format, message);
}

using ModelZoo.Profiling.Tensors;

namespace ModelZoo.Profiling;

/// <summary>Tensors of one layer, or of what stands before or after the layers.</summary>
/// <param name="Name">What the tensors' names have in common up to the layer's number.</param>
public sealed record TensorBlock(string Name, IReadOnlyDictionary<Component, long> BytesByComponent)
{
    public long Bytes => BytesByComponent.Values.Sum();
}

/// <summary>Puts the tensors of a model together by layers, in the order in which they are run as far as names tell.</summary>
public static class TensorBlocks
{
    /// <summary>Distinct blocks that are kept apart; a file of a stranger may name each tensor differently.</summary>
    const int MaxBlocks = 2_000;

    const string Before = "before the layers";
    const string After = "after the layers";
    const string Others = "others";

    public static IReadOnlyList<TensorBlock> Of(IEnumerable<TensorEntry> tensors)
    {
        var blocks = new Dictionary<(string Prefix, int Number), (int Order, Dictionary<Component, long> Bytes)>();
        var prefixes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var component = TensorNames.PartOf(tensor.Name, tensor.Shape.Count);
            var key = Key(tensor.Name, component);
            if (blocks.Count >= MaxBlocks && !blocks.ContainsKey(key)) key = (Others, -1);
            if (!prefixes.TryGetValue(key.Prefix, out var order)) prefixes[key.Prefix] = order = prefixes.Count;
            if (!blocks.TryGetValue(key, out var block)) blocks[key] = block = (order, []);
            block.Bytes[component] = block.Bytes.GetValueOrDefault(component) + tensor.Bytes;
        }
        return [.. blocks.OrderBy(pair => pair.Key.Prefix switch { Before => -1, After => 1, Others => 2, _ => 0 }).ThenBy(pair => pair.Value.Order).ThenBy(pair => pair.Key.Number)
            .Select(pair => new TensorBlock(pair.Key.Number < 0 ? pair.Key.Prefix : $"{pair.Key.Prefix}{pair.Key.Number}", pair.Value.Bytes))];
    }

    static (string Prefix, int Number) Key(string name, Component component)
    {
        var start = 0;
        for (var end = name.IndexOf('.'); end >= 0; end = name.IndexOf('.', start))
        {
            var part = name.AsSpan(start, end - start);
            if (part.Length is > 0 and < 7 && int.TryParse(part, System.Globalization.NumberStyles.None, null, out var number)) return (name[..start], number);
            start = end + 1;
        }
        return (component == Component.Embedding ? Before : After, -1);
    }
}

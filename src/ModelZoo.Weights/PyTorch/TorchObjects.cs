namespace ModelZoo.Weights.PyTorch;

/// <summary>Understands the few calls by which PyTorch rebuilds dictionaries, storages and tensors; any other call stays a call that did not happen.</summary>
sealed class TorchObjects(WeightFormat format)
{
    const long MaxCopied = 10_000_000;

    long _copied;

    /// <summary>Storages in the order of their first mention, by key.</summary>
    public Dictionary<string, PickleStorage> Storages { get; } = new(StringComparer.Ordinal);

    public object? Call(object? callee, object? arguments)
    {
        var items = (arguments as PickleList)?.Items ?? [];
        var made = (callee as PickleGlobal)?.FullName switch
        {
            "collections.OrderedDict" or "builtins.dict" or "__builtin__.dict" => MakeDictionary(items),
            "collections.defaultdict" => new PickleDictionary(),
            "torch.Size" or "builtins.list" or "builtins.set" or "__builtin__.set" or "builtins.frozenset" or "__builtin__.frozenset" =>
                items is [PickleList list] ? list : new PickleList(isTuple: true),
            "torch._utils._rebuild_tensor" when items.Count >= 4 => MakeTensor(items[0], items[1], items[2], items[3], null),
            "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_qtensor" when items.Count >= 4 => MakeTensor(items[0], items[1], items[2], items[3], null),
            "torch._utils._rebuild_tensor_v3" when items.Count >= 7 => MakeTensor(items[0], items[1], items[2], items[3], PickleGlobals.FindType(items[6])),
            "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" when items.Count >= 1 => items[0],
            "torch._tensor._rebuild_from_type_v2" when items.Count >= 3 => Call(items[0], items[2]),
            _ => null,
        };
        return made ?? new PickleCall(callee, arguments);
    }

    /// <summary>A persistent id is the tuple ("storage", class, key, device, element count, and in old files a view).</summary>
    public object? Resolve(object? id)
    {
        if (id is not PickleList { Items: ["storage", PickleGlobal type, string key, _, long count, ..] rest }) return new PickleCall(null, id);
        if (key.Length > WeightLimits.MaxNameBytes) throw Bad("The key of a storage is too long.");
        if (count < 0) throw Bad($"Storage '{key}' has {count} elements.");
        var storage = new PickleStorage(key, PickleGlobals.FindStorageType(type), count);
        if (storage.Type is null && type.Name != "UntypedStorage") throw Bad($"Storage '{key}' is of the unknown class {type.FullName}.");
        // Old files may cut a view out of a storage: (key of the view, offset, count). It is never used any more.
        if (rest.Count > 5 && rest[5] is not null) throw Bad($"Storage '{key}' is a view of another, a form that is not read.");
        if (!Storages.TryAdd(key, storage) && Storages[key] != storage) throw Bad($"Storage '{key}' is described in two ways.");
        return storage;
    }

    PickleDictionary MakeDictionary(List<object?> arguments)
    {
        if (arguments is [PickleDictionary same]) return same;
        var made = new PickleDictionary();
        if (arguments is not [PickleList pairs]) return made;
        // The same list may be given again and again, so that copies would grow beyond the pickle.
        if ((_copied += pairs.Items.Count) > MaxCopied) throw Bad($"The pickle builds dictionaries of more than {MaxCopied} copied pairs.");
        foreach (var pair in pairs.Items)
            if (pair is PickleList { Items: [var key, var value] }) made.Items.Add((key, value));
        return made;
    }

    PickleTensor? MakeTensor(object? storage, object? offset, object? shape, object? strides, DType? type)
    {
        if (storage is not PickleStorage from || offset is not long start || FindNumbers(shape) is not { } axes || FindNumbers(strides) is not { } steps) return null;
        type ??= from.Type ?? throw Bad($"A tensor of storage '{from.Key}' has no element type.");
        if (axes.Length != steps.Length || axes.Length > WeightLimits.MaxRank) throw Bad($"A tensor of storage '{from.Key}' has {axes.Length} axes and {steps.Length} strides.");
        if (!Shapes.TryGetElementCount(axes, out var count)) throw Bad($"The shape {Shapes.Describe(axes)} of a tensor is negative or overflows.");
        if (start < 0 || steps.Any(step => step < 0)) throw Bad($"A tensor of storage '{from.Key}' has a negative offset or stride.");
        if (!type.TryGetByteLength(count, out _)) throw Bad($"The size of a tensor of shape {Shapes.Describe(axes)} overflows.");
        Int128 last = start;
        for (var i = 0; i < axes.Length; i++) last += (Int128)Math.Max(0, axes[i] - 1) * steps[i];
        Int128 room = from.Type is null ? from.ElementCount / type.BytesPerBlock : from.ElementCount;
        if (count > 0 && last >= room) throw Bad($"A tensor of shape {Shapes.Describe(axes)} reaches element {last} of storage '{from.Key}', which has {room}.");
        return new(from, type, start, axes, steps);
    }

    static long[]? FindNumbers(object? value)
    {
        if (value is not PickleList list || list.Items.Count > WeightLimits.MaxRank) return null;
        var numbers = new long[list.Items.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (list.Items[i] is not long number) return null;
            numbers[i] = number;
        }
        return numbers;
    }

    WeightFormatException Bad(string message) => new(format, message);
}

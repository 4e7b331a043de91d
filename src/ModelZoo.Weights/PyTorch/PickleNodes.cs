namespace ModelZoo.Weights.PyTorch;

// What a pickle builds, as data. None is null; numbers are long, BigInteger or double; texts are string.

/// <summary>A list, tuple or set; shared by reference, and possibly part of itself.</summary>
sealed class PickleList(bool isTuple)
{
    public bool IsTuple => isTuple;

    public List<object?> Items { get; } = [];
}

/// <summary>A dictionary in the order it was filled; a key may occur again, and the later value holds.</summary>
sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Items { get; } = [];
}

/// <summary>Bytes that were stepped over.</summary>
sealed record PickleBytes(long Length);

/// <summary>A name of code. It is only ever compared, never looked up.</summary>
sealed record PickleGlobal(string Module, string Name)
{
    public string FullName => $"{Module}.{Name}";
}

/// <summary>What calling code would have made. The call did not happen; its ingredients are kept, because tensors may lie in them.</summary>
sealed class PickleCall(object? callee, object? arguments)
{
    public object? Callee => callee;

    public object? Arguments => arguments;

    public object? State { get; set; }
}

/// <summary>A reference to content outside the pickle.</summary>
sealed record PickleStorage(string Key, DType? Type, long ElementCount);

/// <summary>A view of a storage.</summary>
sealed record PickleTensor(PickleStorage Storage, DType Type, long StorageOffset, long[] Shape, long[] Strides);

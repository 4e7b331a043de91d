namespace ModelZoo.Weights.Conversion;

/// <summary>
/// Which of several tensors that are views of the same memory are written. safetensors keeps no sharing, so its reference writes the one that
/// covers the whole storage, the first by name when several do, and notes the others under its name; where none covers it, it refuses.
/// </summary>
/// <remarks>_find_shared_tensors, _filter_shared_not_shared and _remove_duplicate_names in safetensors' bindings/python/py_src/safetensors/torch.py, 2025.</remarks>
static class TorchSharing
{
    /// <summary>The kept name for every name that is left out.</summary>
    public static Dictionary<string, string> FindDuplicates(WeightFile file)
    {
        var duplicates = new Dictionary<string, string>(StringComparer.Ordinal);
        var storages = file.Tensors.Where(tensor => tensor.Storage is not null && tensor.ElementCount > 0).GroupBy(tensor => tensor.Storage!, StringComparer.Ordinal);
        foreach (var group in storages.SelectMany(storage => Overlapping([.. storage])).Where(group => group.Count > 1))
        {
            var names = group.Select(tensor => tensor.Name).Order(StringComparer.Ordinal).ToList();
            var kept = names.Find(name => group.Exists(tensor => tensor.Name == name && tensor.ByteLength == tensor.StorageBytes))
                ?? throw new ConversionException(
                    $"The tensors {string.Join(", ", names.Take(10).Select(name => $"'{name}'"))}{(names.Count > 10 ? ", …" : "")} share memory and none covers "
                    + "all of it, so writing each would store it more than once. Clone them before saving.");
            foreach (var name in names.Where(name => name != kept)) duplicates[name] = kept;
        }
        return duplicates;
    }

    /// <summary>Views of one storage that touch, in order of their places: a view joins the group before it when it begins before that one's last view ends.</summary>
    static List<List<TensorInfo>> Overlapping(List<TensorInfo> views)
    {
        var groups = new List<List<TensorInfo>>();
        var lastEnd = long.MinValue;
        foreach (var view in views.OrderBy(view => view.Offset).ThenBy(GetEnd).ThenBy(view => view.Name, StringComparer.Ordinal))
        {
            if (groups.Count == 0 || view.Offset >= lastEnd) groups.Add([]);
            groups[^1].Add(view);
            lastEnd = GetEnd(view);
        }
        return groups;
    }

    /// <summary>Behind the last byte that the view reaches.</summary>
    static long GetEnd(TensorInfo view)
    {
        if (view.Strides is not { } strides) return view.Offset + view.ByteLength;
        var last = 0L;
        for (var axis = 0; axis < strides.Count; axis++) last += (view.Shape[axis] - 1) * strides[axis];
        return view.Offset + (last + 1) * view.DType.BytesPerBlock;
    }
}

namespace ModelZoo.Weights.PyTorch;

/// <summary>Turns views of storages into tensors, given where each storage begins.</summary>
static class TorchTensors
{
    /// <param name="storageOffsets">Where each storage's bytes begin; a storage that is missing here leaves its tensors without a place.</param>
    public static List<TensorInfo> Describe(TorchContent content, Dictionary<string, long> storageOffsets)
    {
        var tensors = new List<TensorInfo>(content.Tensors.Count);
        foreach (var (name, tensor) in content.Tensors)
        {
            Shapes.TryGetElementCount(tensor.Shape, out var count);
            tensor.Type.TryGetByteLength(count, out var bytes);
            var offset = storageOffsets.TryGetValue(tensor.Storage.Key, out var start) ? start + tensor.StorageOffset * tensor.Type.BytesPerBlock : TensorInfo.Unplaced;
            tensors.Add(new(name, tensor.Type, tensor.Shape, offset, bytes)
            {
                Storage = tensor.Storage.Key,
                StorageBytes = tensor.Storage.Type is not { } kind ? tensor.Storage.ElementCount
                    : kind.TryGetByteLength(tensor.Storage.ElementCount, out var storageBytes) ? storageBytes : null,
                Strides = IsContiguous(tensor, count) ? null : tensor.Strides,
            });
        }
        return tensors;
    }

    /// <summary>Steps along axes of length one are never taken, so they do not matter.</summary>
    static bool IsContiguous(PickleTensor tensor, long count)
    {
        if (count == 0) return true;
        long expected = 1;
        for (var axis = tensor.Shape.Length - 1; axis >= 0; axis--)
        {
            if (tensor.Shape[axis] == 1) continue;
            if (tensor.Strides[axis] != expected) return false;
            expected *= tensor.Shape[axis];
        }
        return true;
    }
}

namespace ModelZoo.Hub.Web.Components;

/// <summary>One named array of a weight file, from its header.</summary>
public sealed record TensorLine(string Name, string DType, IReadOnlyList<long> Shape, long SizeBytes);

/// <summary>What the header of a weight file says.</summary>
/// <param name="Format">safetensors, gguf, onnx.</param>
/// <param name="Metadata">Key and value, as the file has them, shortened where long.</param>
/// <param name="More">How many tensors are left out of <paramref name="Tensors"/>.</param>
public sealed record TensorList(
    string Format, long ParameterCount, IReadOnlyList<TensorLine> Tensors, IReadOnlyList<KeyValuePair<string, string>> Metadata, int More = 0);

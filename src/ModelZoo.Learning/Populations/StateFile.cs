using System.Globalization;
using System.Runtime.InteropServices;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Populations;

/// <summary>States of a member as safetensors: its weights under their own names, logits by split, and what training needs to go on.</summary>
static class StateFile
{
    const string Steps = "steps";
    const string Epoch = "epoch";

    public static Task<byte[]> WeightsAsync(ParameterLayout layout, float[] parameters, DType type, IReadOnlyDictionary<string, string> metadata, CancellationToken stop) =>
        WriteAsync(layout.Tensors.Select(tensor => Content(tensor.Name, tensor.Shape, parameters.AsSpan(tensor.Offset, tensor.Count), type)), metadata, stop);

    public static Task<byte[]> LogitsAsync(IReadOnlyList<SplitResult> splits, IReadOnlyDictionary<string, string> metadata, CancellationToken stop) =>
        WriteAsync(splits.Select(split => Content(split.Split, [split.Count, split.Logits.Length / Math.Max(1, split.Count)], split.Logits, DType.F32)), metadata, stop);

    public static Task<byte[]> MomentsAsync(TrainingState state, CancellationToken stop) =>
        WriteAsync(Moments(state), new Dictionary<string, string> { [Steps] = state.Steps.ToString(CultureInfo.InvariantCulture), [Epoch] = state.Epoch.ToString(CultureInfo.InvariantCulture) }, stop);

    public static Task<byte[]> ResumeAsync(TrainingState state, CancellationToken stop) =>
        WriteAsync([Flat("parameters", state.Parameters), .. Moments(state)],
            new Dictionary<string, string> { [Steps] = state.Steps.ToString(CultureInfo.InvariantCulture), [Epoch] = state.Epoch.ToString(CultureInfo.InvariantCulture) }, stop);

    /// <summary>What <see cref="ResumeAsync"/> wrote; null when it is damaged, so that the member begins anew.</summary>
    public static async Task<TrainingState?> FindResumeAsync(byte[] content, CancellationToken stop)
    {
        try
        {
            var source = new MemoryByteSource(content);
            var file = await WeightReader.ReadHeaderAsync(source, stop);
            var tensors = TensorContent.Of(file, source).ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
            return int.TryParse(file.Metadata.GetValueOrDefault(Epoch)?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && long.TryParse(file.Metadata.GetValueOrDefault(Steps)?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var steps)
                ? new(epoch, Read("parameters"), Read("first"), Read("second"), steps, Read("average")) : null;

            float[] Read(string name) => tensors.TryGetValue(name, out var tensor) ? MemoryMarshal.Cast<byte, float>(content.AsSpan((int)tensor.Offset, (int)tensor.ByteLength)).ToArray() : [];
        }
        catch (WeightFormatException)
        {
            return null;
        }
    }

    /// <summary>Parameters in the order of a layout, whatever floating type they are stored in.</summary>
    /// <exception cref="PopulationException">A tensor is missing or of another shape, or a number is none.</exception>
    public static Task<float[]> ReadWeightsAsync(ParameterLayout layout, IReadOnlyList<TensorContent> tensors, string name, CancellationToken stop) =>
        ReadAsync(layout.Tensors, layout.Count, tensors, name, stop);

    /// <summary>What comes before the head, whatever head the file has.</summary>
    public static Task<float[]> ReadBackboneAsync(ParameterLayout layout, IReadOnlyList<TensorContent> tensors, string name, CancellationToken stop) =>
        ReadAsync([.. layout.Tensors.Where(tensor => !tensor.IsHead)], layout.BackboneCount, tensors, name, stop);

    static async Task<float[]> ReadAsync(IReadOnlyList<ParameterShape> shapes, int count, IReadOnlyList<TensorContent> tensors, string name, CancellationToken stop)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var parameters = new float[count];
        var reader = new WideReader();
        foreach (var shape in shapes)
        {
            if (!byName.TryGetValue(shape.Name, out var tensor)) throw new PopulationException($"'{name}' lacks the tensor '{shape.Name}'.");
            if (!tensor.Shape.SequenceEqual(shape.Shape.Select(axis => (long)axis)))
                throw new PopulationException($"'{shape.Name}' of '{name}' is [{string.Join(", ", tensor.Shape)}]; the member's architecture makes it [{string.Join(", ", shape.Shape)}].");
            if (!tensor.DType.IsFloating) throw new PopulationException($"'{shape.Name}' of '{name}' holds {tensor.DType}, no real numbers.");
            var values = new double[shape.Count];
            await reader.ReadAsync(tensor, 0, values, stop);
            for (var i = 0; i < values.Length; i++) parameters[shape.Offset + i] = (float)values[i];
        }
        return parameters;
    }

    public static TensorContent Content(string name, IReadOnlyList<int> shape, ReadOnlySpan<float> values, DType type)
    {
        var raw = MemoryMarshal.AsBytes(values);
        var bytes = new byte[values.Length * type.BytesPerBlock];
        if (type == DType.F32) raw.CopyTo(bytes);
        else TensorCast.Convert(DType.F32, raw, type, bytes);
        return new(name, type, [.. shape.Select(axis => (long)axis)], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    public static async Task<byte[]> WriteAsync(IEnumerable<TensorContent> tensors, IReadOnlyDictionary<string, string> metadata, CancellationToken stop)
    {
        using var file = new MemoryStream();
        await SafetensorsWriter.WriteAsync(file, tensors, metadata, stop);
        return file.ToArray();
    }

    static TensorContent[] Moments(TrainingState state) => [.. new[] { Flat("first", state.First), Flat("second", state.Second), Flat("average", state.Average) }.Where(tensor => tensor.ByteLength > 0)];

    static TensorContent Flat(string name, float[] values) => Content(name, [values.Length], values, DType.F32);
}

using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.FineTuning;

/// <summary>The numbers of a network, and its matrices turned around: forward reads columns, backward reads rows. Read by all threads, changed between steps.</summary>
sealed class EncoderWeights
{
    readonly EncoderLayout _layout;
    readonly float[] _turned;
    readonly Dictionary<EncoderTensor, float[]> _turnedParts = new(ReferenceEqualityComparer.Instance);

    public EncoderWeights(EncoderLayout layout, float[] values)
    {
        if (values.Length != layout.Count) throw new ArgumentException($"The model has {layout.Count} parameters, not {values.Length}.", nameof(values));
        (_layout, Values, _turned) = (layout, values, new float[layout.TurnedCount]);
        foreach (var (_, addition) in layout.Additions) (_turnedParts[addition.A], _turnedParts[addition.B]) = (new float[addition.A.Count], new float[addition.B.Count]);
        Refresh(all: true);
    }

    public float[] Values { get; }

    /// <summary>After the values changed: those that learn, or all.</summary>
    public void Refresh(bool all = false)
    {
        foreach (var matrix in _layout.Matrices)
            if (all || matrix.Learns) RowOps.Transpose(matrix.Outputs, matrix.Inputs, Values.AsSpan(matrix.Weight.Offset), matrix.Inputs, _turned.AsSpan(matrix.Turned, matrix.Count), matrix.Outputs);
        foreach (var (tensor, turned) in _turnedParts) RowOps.Transpose(tensor.Shape[0], tensor.Shape[1], Values.AsSpan(tensor.Offset), tensor.Shape[1], turned, tensor.Shape[0]);
    }

    public ReadOnlySpan<float> Of(EncoderTensor tensor) => Values.AsSpan(tensor.Offset, tensor.Count);

    /// <summary>[outputs, inputs].</summary>
    public ReadOnlySpan<float> Of(EncoderMatrix matrix) => Values.AsSpan(matrix.Weight.Offset, matrix.Count);

    /// <summary>[inputs, outputs].</summary>
    public ReadOnlySpan<float> Turned(EncoderMatrix matrix) => _turned.AsSpan(matrix.Turned, matrix.Count);

    public ReadOnlySpan<float> Bias(EncoderMatrix matrix) => matrix.Bias is { } bias ? Values.AsSpan(bias.Offset, matrix.Outputs) : [];

    /// <summary>Of a low-rank half.</summary>
    public ReadOnlySpan<float> Turned(EncoderTensor part) => _turnedParts[part];
}

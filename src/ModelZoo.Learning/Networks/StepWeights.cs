using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>The parameters of one step, and their matrices turned around: forward reads columns, backward reads rows.</summary>
sealed class StepWeights(ParameterLayout layout)
{
    readonly float[] _turned = new float[layout.Count];

    public float[] Values { get; private set; } = [];

    public void Refresh(float[] parameters)
    {
        if (parameters.Length != layout.Count) throw new ArgumentException($"The model has {layout.Count} parameters, not {parameters.Length}.", nameof(parameters));
        Values = parameters;
        foreach (var tensor in layout.Tensors)
        {
            if (tensor.Shape.Count < 2 || tensor.Name is "cls_token" or "pos_embed") continue;
            var rows = tensor.Shape[0];
            var columns = tensor.Count / rows;
            RowOps.Transpose(rows, columns, parameters.AsSpan(tensor.Offset), columns, _turned.AsSpan(tensor.Offset, tensor.Count), rows);
        }
    }

    public ReadOnlySpan<float> Of(ParameterShape tensor) => Values.AsSpan(tensor.Offset, tensor.Count);

    /// <summary>[inputs, outputs] of a matrix that is stored [outputs, inputs].</summary>
    public ReadOnlySpan<float> Turned(ParameterShape tensor) => _turned.AsSpan(tensor.Offset, tensor.Count);
}

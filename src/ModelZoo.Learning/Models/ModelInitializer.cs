using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Models;

/// <summary>First values of a model: each tensor from its own stream, computed in double precision and rounded once.</summary>
public static class ModelInitializer
{
    /// <summary>Standard deviation of class token and positions. With the usual 0.02, positions stay invisible for hundreds of steps beside patches of four pixels.</summary>
    const double EmbeddingDeviation = 0.5;

    /// <param name="seed">The member's seed, for all tensors but the head's.</param>
    /// <param name="headSeed">The seed of the head's tensors.</param>
    public static float[] Initialize(ParameterLayout layout, Initialization kind, ulong seed, ulong headSeed)
    {
        var values = new float[layout.Count];
        foreach (var tensor in layout.Tensors) Fill(tensor, kind, tensor.IsHead ? headSeed : seed, values.AsSpan(tensor.Offset, tensor.Count));
        return values;
    }

    /// <summary>Fills one tensor as a new model would hold it.</summary>
    public static void Fill(ParameterShape tensor, Initialization kind, ulong seed, Span<float> values)
    {
        if (IsNorm(tensor.Name) && tensor.Name.EndsWith(".weight", StringComparison.Ordinal)) values.Fill(1);
        else if (tensor.Name.EndsWith(".bias", StringComparison.Ordinal)) values.Clear();
        else if (tensor.Name is "cls_token" or "pos_embed") FillUniform(tensor.Name, seed, EmbeddingDeviation * Math.Sqrt(3), values);
        else FillWeight(tensor, kind, seed, values);
    }

    static void FillWeight(ParameterShape tensor, Initialization kind, ulong seed, Span<float> values)
    {
        var rows = tensor.Shape[0];
        var fanIn = tensor.Count / rows;
        var fanOut = rows * tensor.Shape.Skip(2).Aggregate(1, (product, axis) => product * axis);
        if (kind == Initialization.XavierUniform) FillUniform(tensor.Name, seed, Math.Sqrt(6.0 / (fanIn + fanOut)), values);
        else if (kind == Initialization.KaimingUniform) FillUniform(tensor.Name, seed, Math.Sqrt(6.0 / fanIn), values);
        else if (kind == Initialization.Uniform)
        {
            var stream = RandomSource.Named(seed, tensor.Name);
            foreach (ref var value in values) value = (float)stream.NextUnit();
        }
        else
        {
            var stream = RandomSource.Named(seed, tensor.Name);
            var deviation = kind == Initialization.Normal ? 1 : Math.Sqrt(2.0 / fanIn);
            foreach (ref var value in values) value = (float)(stream.NextNormal() * deviation);
        }
    }

    static void FillUniform(string name, ulong seed, double bound, Span<float> values)
    {
        var stream = RandomSource.Named(seed, name);
        foreach (ref var value in values) value = (float)((2 * stream.NextUnit() - 1) * bound);
    }

    static bool IsNorm(string name) => name.StartsWith("norm.", StringComparison.Ordinal) || name.Contains(".norm1.", StringComparison.Ordinal) || name.Contains(".norm2.", StringComparison.Ordinal);
}

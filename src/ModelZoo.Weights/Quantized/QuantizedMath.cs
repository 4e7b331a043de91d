using System.Runtime.Intrinsics;

namespace ModelZoo.Weights.Quantized;

static class QuantizedMath
{
    /// <summary>The largest lane; not a number when any lane is none.</summary>
    public static float Largest(Vector256<float> lanes)
    {
        var four = Vector128.Max(lanes.GetLower(), lanes.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }
}

namespace ModelZoo.Profiling;

/// <summary>A format that arithmetic runs in.</summary>
public enum NumberFormat
{
    Fp64,
    Fp32,
    Tf32,
    Bf16,
    Fp16,
    Fp8,
    Fp4,
    I8,
    I4,
}

public static class NumberFormats
{
    /// <summary>As tables write it: fp16, int8.</summary>
    public static string ToName(this NumberFormat format) => format switch
    {
        NumberFormat.I8 => "int8",
        NumberFormat.I4 => "int4",
        _ => format.ToString().ToLowerInvariant(),
    };

    public static NumberFormat? Find(string? name)
    {
        foreach (var format in Enum.GetValues<NumberFormat>())
            if (string.Equals(format.ToName(), name, StringComparison.OrdinalIgnoreCase)) return format;
        return null;
    }
}

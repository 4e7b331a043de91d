using System.Collections.Frozen;

namespace ModelZoo.Weights.Safetensors;

/// <summary>The types that safetensors knows, by their name in the header (safetensors/src/tensor.rs, enum Dtype, 2025).</summary>
static class SafetensorsTypes
{
    static readonly FrozenDictionary<string, DType> ByName = new[]
    {
        DType.Bool, DType.F4, DType.F6E2M3, DType.F6E3M2, DType.U8, DType.I8, DType.F8E5M2, DType.F8E4M3, DType.F8E8M0,
        DType.F8E4M3Fnuz, DType.F8E5M2Fnuz, DType.I16, DType.U16, DType.F16, DType.BF16, DType.I32, DType.U32, DType.F32, DType.C64,
        DType.F64, DType.I64, DType.U64,
    }.ToFrozenDictionary(type => type.Name);

    public static DType? Find(string name) => ByName.GetValueOrDefault(name);
}

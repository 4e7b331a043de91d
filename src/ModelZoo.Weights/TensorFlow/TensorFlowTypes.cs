namespace ModelZoo.Weights.TensorFlow;

/// <summary>TensorFlow element types by their number (enum DataType in tensorflow/core/framework/types.proto, 2025).</summary>
static class TensorFlowTypes
{
    static readonly DType?[] ByNumber =
    [
        null, DType.F32, DType.F64, DType.I32, DType.U8, DType.I16, DType.I8, DType.Text, DType.C64, DType.I64,
        DType.Bool, DType.I8, DType.U8, DType.I32, DType.BF16, DType.I16, DType.U16, DType.U16, DType.C128, DType.F16,
        null, null, DType.U32, DType.U64, DType.F8E5M2, DType.F8E4M3, null, null, null, DType.I4,
        DType.U4,
    ];

    public static DType? Find(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number] : null;
}

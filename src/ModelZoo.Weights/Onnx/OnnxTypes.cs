namespace ModelZoo.Weights.Onnx;

/// <summary>ONNX element types by their number (enum TensorProto.DataType in onnx/onnx.proto, IR version 13, 2025).</summary>
static class OnnxTypes
{
    static readonly DType?[] ByNumber =
    [
        null, DType.F32, DType.U8, DType.I8, DType.U16, DType.I16, DType.I32, DType.I64, DType.Text, DType.Bool,
        DType.F16, DType.F64, DType.U32, DType.U64, DType.C64, DType.C128, DType.BF16, DType.F8E4M3, DType.F8E4M3Fnuz, DType.F8E5M2,
        DType.F8E5M2Fnuz, DType.U4, DType.I4, DType.F4, DType.F8E8M0, DType.U2, DType.I2,
    ];

    public static DType? Find(ulong number) => number < (ulong)ByNumber.Length ? ByNumber[number] : null;
}

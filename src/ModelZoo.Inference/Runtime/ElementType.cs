using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Inference.Runtime;

/// <summary>Types of a tensor's elements, with ONNX's numbers (TensorProto.DataType, onnx/onnx.proto).</summary>
[SuppressMessage("Naming", "CA1720", Justification = "These are the names of types.")]
public enum ElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
    Float8E4M3FN = 17,
    Float8E4M3FNUZ = 18,
    Float8E5M2 = 19,
    Float8E5M2FNUZ = 20,
    UInt4 = 21,
    Int4 = 22,
}

public static class ElementTypes
{
    /// <summary>Bytes of one element; zero for texts and for types below a byte.</summary>
    public static int ByteWidth(this ElementType type) => type switch
    {
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool or (>= ElementType.Float8E4M3FN and <= ElementType.Float8E5M2FNUZ) => 1,
        ElementType.UInt16 or ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Float or ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Int64 or ElementType.UInt64 or ElementType.Double or ElementType.Complex64 => 8,
        ElementType.Complex128 => 16,
        _ => 0,
    };

    /// <summary>Half and single bytes are raw bits in C#'s types of the same width: <see cref="Half"/> is exactly float16; bfloat16 travels as <see cref="ushort"/>.</summary>
    public static ElementType Of<T>() where T : unmanaged => default(T) switch
    {
        float => ElementType.Float,
        byte => ElementType.UInt8,
        sbyte => ElementType.Int8,
        ushort => ElementType.UInt16,
        short => ElementType.Int16,
        int => ElementType.Int32,
        long => ElementType.Int64,
        bool => ElementType.Bool,
        Half => ElementType.Float16,
        double => ElementType.Double,
        uint => ElementType.UInt32,
        ulong => ElementType.UInt64,
        _ => throw new ArgumentException($"{typeof(T).Name} is no element type of a tensor."),
    };

    public static bool IsFloating(this ElementType type) => type is ElementType.Float or ElementType.Double or ElementType.Float16 or ElementType.BFloat16;
}

using System.Collections.Frozen;

namespace ModelZoo.Weights;

/// <summary>
/// How numbers are stored: a name, and a block of so many elements in so many bytes. Plain types have blocks of one element; quantised
/// types of GGUF share scales within a block. There is one instance per type, so types are compared by reference.
/// </summary>
/// <remarks>
/// Names follow safetensors (Dtype in safetensors/src/tensor.rs) and ggml (GGML_QUANT_SIZES in gguf-py/gguf/constants.py), both read in 2026.
/// </remarks>
public sealed class DType
{
    static readonly Dictionary<string, DType> Known = [];

    public static readonly DType Bool = Plain("BOOL", 1);
    public static readonly DType U8 = Plain("U8", 1);
    public static readonly DType I8 = Plain("I8", 1);
    public static readonly DType I16 = Plain("I16", 2);
    public static readonly DType U16 = Plain("U16", 2);
    public static readonly DType I32 = Plain("I32", 4);
    public static readonly DType U32 = Plain("U32", 4);
    public static readonly DType I64 = Plain("I64", 8);
    public static readonly DType U64 = Plain("U64", 8);
    public static readonly DType F16 = Plain("F16", 2);
    public static readonly DType BF16 = Plain("BF16", 2);
    public static readonly DType F32 = Plain("F32", 4);
    public static readonly DType F64 = Plain("F64", 8);
    public static readonly DType C64 = Plain("C64", 8);
    public static readonly DType C128 = Plain("C128", 16);

    public static readonly DType F8E4M3 = Plain("F8_E4M3", 1);
    public static readonly DType F8E5M2 = Plain("F8_E5M2", 1);
    public static readonly DType F8E8M0 = Plain("F8_E8M0", 1);
    public static readonly DType F8E4M3Fnuz = Plain("F8_E4M3FNUZ", 1);
    public static readonly DType F8E5M2Fnuz = Plain("F8_E5M2FNUZ", 1);
    public static readonly DType F4 = Block("F4", 2, 1);
    public static readonly DType F6E2M3 = Block("F6_E2M3", 4, 3);
    public static readonly DType F6E3M2 = Block("F6_E3M2", 4, 3);
    public static readonly DType I4 = Block("I4", 2, 1);
    public static readonly DType U4 = Block("U4", 2, 1);
    public static readonly DType I2 = Block("I2", 4, 1);
    public static readonly DType U2 = Block("U2", 4, 1);

    public static readonly DType Q40 = Block("Q4_0", 32, 18);
    public static readonly DType Q41 = Block("Q4_1", 32, 20);
    public static readonly DType Q50 = Block("Q5_0", 32, 22);
    public static readonly DType Q51 = Block("Q5_1", 32, 24);
    public static readonly DType Q80 = Block("Q8_0", 32, 34);
    public static readonly DType Q81 = Block("Q8_1", 32, 36);
    public static readonly DType Q2K = Block("Q2_K", 256, 84);
    public static readonly DType Q3K = Block("Q3_K", 256, 110);
    public static readonly DType Q4K = Block("Q4_K", 256, 144);
    public static readonly DType Q5K = Block("Q5_K", 256, 176);
    public static readonly DType Q6K = Block("Q6_K", 256, 210);
    public static readonly DType Q8K = Block("Q8_K", 256, 292);
    public static readonly DType IQ2Xxs = Block("IQ2_XXS", 256, 66);
    public static readonly DType IQ2XS = Block("IQ2_XS", 256, 74);
    public static readonly DType IQ2S = Block("IQ2_S", 256, 82);
    public static readonly DType IQ3Xxs = Block("IQ3_XXS", 256, 98);
    public static readonly DType IQ3S = Block("IQ3_S", 256, 110);
    public static readonly DType IQ1S = Block("IQ1_S", 256, 50);
    public static readonly DType IQ1M = Block("IQ1_M", 256, 56);
    public static readonly DType IQ4NL = Block("IQ4_NL", 32, 18);
    public static readonly DType IQ4XS = Block("IQ4_XS", 256, 136);
    public static readonly DType TQ10 = Block("TQ1_0", 256, 54);
    public static readonly DType TQ20 = Block("TQ2_0", 256, 66);
    public static readonly DType MXFP4 = Block("MXFP4", 32, 17);
    public static readonly DType NVFP4 = Block("NVFP4", 64, 36);
    public static readonly DType Q10 = Block("Q1_0", 128, 18);

    /// <summary>Texts of varying length, as ONNX, TensorFlow and HDF5 may hold. Their bytes do not follow from their shape.</summary>
    public static readonly DType Text = new("STRING", 1, 0);

    static readonly FrozenDictionary<string, DType> ByName = Known.ToFrozenDictionary();

    DType(string name, int elementsPerBlock, int bytesPerBlock)
    {
        Name = name;
        ElementsPerBlock = elementsPerBlock;
        BytesPerBlock = bytesPerBlock;
        Known.Add(name, this);
    }

    /// <summary>The name that Hugging Face clients see, such as <c>BF16</c> or <c>Q4_K</c>.</summary>
    public string Name { get; }

    public int ElementsPerBlock { get; }

    /// <summary>Zero when the size varies from element to element.</summary>
    public int BytesPerBlock { get; }

    /// <summary>A plain floating-point type; false for whole numbers, texts and quantised blocks.</summary>
    public bool IsFloating => Name[0] == 'F' || this == BF16;

    public bool HasFixedSize => BytesPerBlock > 0;

    /// <summary>Bits an element takes on average, scales included: 4.5 for Q4_K.</summary>
    public double BitsPerElement => 8.0 * BytesPerBlock / ElementsPerBlock;

    public static IEnumerable<DType> All => ByName.Values;

    public static DType? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Bytes of a tensor of so many elements; false when they do not fill whole blocks or the number does not fit.</summary>
    public bool TryGetByteLength(long elements, out long byteLength)
    {
        byteLength = 0;
        if (elements < 0 || !HasFixedSize) return false;
        var (blocks, rest) = Math.DivRem(elements, ElementsPerBlock);
        if (rest != 0 || blocks > long.MaxValue / BytesPerBlock) return false;
        byteLength = blocks * BytesPerBlock;
        return true;
    }

    static DType Plain(string name, int bytes) => new(name, 1, bytes);

    static DType Block(string name, int elements, int bytes) => new(name, elements, bytes);

    public override string ToString() => Name;
}

namespace ModelZoo.Weights;

/// <summary>How much a header may ask for. Everything that comes from a file is compared with these before it is used.</summary>
public static class WeightLimits
{
    /// <summary>Longest safetensors header. The reference implementation has the same limit (safetensors/src/tensor.rs, MAX_HEADER_SIZE, 2025).</summary>
    public const int MaxSafetensorsHeaderBytes = 100_000_000;

    /// <summary>Most tensors in one file. The largest published models have below 200,000 in all their shards.</summary>
    public const int MaxTensors = 1_000_000;

    /// <summary>Longest tensor name in UTF-8 bytes.</summary>
    public const int MaxNameBytes = 4096;

    /// <summary>Most axes of a tensor: NumPy and PyTorch stop at 64.</summary>
    public const int MaxRank = 64;

    /// <summary>Longest single text kept from a header, such as a chat template or a whole tokenizer.</summary>
    public const int MaxTextBytes = 32 << 20;

    /// <summary>Most metadata entries of one file.</summary>
    public const int MaxMetadataEntries = 65_536;

    /// <summary>Lists up to this length are kept in full; of longer ones only the length, unless they are asked for.</summary>
    public const int MaxShortList = 64;

    /// <summary>Longest list that may be kept in full when it is asked for (a vocabulary of a million words fits).</summary>
    public const int MaxList = 4_000_000;

    /// <summary>Most nested messages, lists or JSON objects followed.</summary>
    public const int MaxDepth = 64;

    /// <summary>Longest pickle that is read; it holds names and shapes, not numbers.</summary>
    public const int MaxPickleBytes = 256 << 20;

    /// <summary>Most opcodes of one pickle.</summary>
    public const int MaxPickleOpcodes = 50_000_000;

    /// <summary>Most entries of a zip archive.</summary>
    public const int MaxZipEntries = 1_000_000;

    /// <summary>Most nodes of a computation graph.</summary>
    public const int MaxGraphNodes = 5_000_000;
}

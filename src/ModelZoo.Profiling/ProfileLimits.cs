namespace ModelZoo.Profiling;

/// <summary>How much a configuration or a table may ask for. Everything from outside is compared with these before it is used.</summary>
public static class ProfileLimits
{
    /// <summary>Longest configuration read. The largest published ones, with label maps of 20,000 classes, stay below 2 MB.</summary>
    public const int MaxConfigBytes = 16 << 20;

    /// <summary>Most nested objects or lists of a configuration.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most layers, blocks or entries of a per-layer list.</summary>
    public const int MaxLayers = 100_000;

    /// <summary>Largest width, vocabulary, count of experts or any other dimension.</summary>
    public const long MaxDimension = 1L << 40;

    /// <summary>Shards of one model.</summary>
    public const int MaxShards = 10_000;

    /// <summary>Tensors of one model, all its shards and parts together.</summary>
    public const int MaxTensors = 1_000_000;

    /// <summary>Characters of all their names together.</summary>
    public const long MaxNameCharacters = 256 << 20;

    /// <summary>Longest profile that is kept, as JSON. The longest real ones, with dozens of different layers, have some 60 kB.</summary>
    public const int MaxStoredBytes = 8 << 20;

    /// <summary>Longest table of devices or workloads, in bytes, and its rows.</summary>
    public const int MaxTableBytes = 16 << 20;

    public const int MaxTableRows = 100_000;
}

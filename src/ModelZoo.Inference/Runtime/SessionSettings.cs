namespace ModelZoo.Inference.Runtime;

/// <summary>How a session computes.</summary>
public sealed record SessionSettings
{
    public static readonly SessionSettings Default = new();

    /// <summary>Threads of one run. With 1 the calling thread does the work and results are the same bit for bit on every machine size.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Keep memory between runs. Off for models that run seldom.</summary>
    public bool UsesArena { get; init; } = true;

    /// <summary>Take memory from the arena of <see cref="OnnxRuntime.LimitSharedArena"/>.</summary>
    public bool UsesSharedArena { get; init; }

    /// <summary>Copy large weights into the layout that kernels like best. Null: below <see cref="PrepackBelowBytes"/> of weights.</summary>
    public bool? Prepacks { get; init; }

    /// <summary>Rewrite the graph before it runs. Off only to find faults.</summary>
    public bool Optimises { get; init; } = true;

    /// <summary>Largest model file and largest sum of its weights, in bytes.</summary>
    public long MaxModelBytes { get; init; } = 64L << 30;

    /// <summary>A copy of weights above this costs more than it gains: mapped files are shared and free.</summary>
    public const long PrepackBelowBytes = 256 << 20;
}

using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>A xorb that chunks refer to: one that the hub has, or one that is being collected and has no name yet.</summary>
sealed class XorbBuild(XetHash? hash = null)
{
    /// <summary>Whose bytes it carries, for news of their progress.</summary>
    readonly List<(XetProgress File, int Bytes)> _shares = [];

    public XetHash Hash => hash ?? throw new InvalidOperationException("The xorb is not finished.");

    public void Name(XetHash name) => hash = name;

    public void Share(XetProgress file, int bytes) => _shares.Add((file, bytes));

    /// <summary>Its bytes have arrived.</summary>
    public void ReportSent()
    {
        foreach (var (file, bytes) in _shares) file.Sent(bytes);
        _shares.Clear();
    }
}

/// <summary>Where a chunk is stored.</summary>
readonly record struct ChunkPlace(XorbBuild Xorb, int Index);

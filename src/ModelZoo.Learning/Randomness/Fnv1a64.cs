using System.Text;

namespace ModelZoo.Learning.Randomness;

/// <summary>The 64-bit hash of Fowler, Noll and Vo, variant 1a: names become numbers the same way in every language.</summary>
/// <remarks>Offset basis and prime from draft-eastlake-fnv.</remarks>
public static class Fnv1a64
{
    const ulong OffsetBasis = 0xcbf29ce484222325;
    const ulong Prime = 0x100000001b3;

    public static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = OffsetBasis;
        foreach (var b in bytes) hash = unchecked((hash ^ b) * Prime);
        return hash;
    }

    /// <summary>Hash of the text's UTF-8 bytes.</summary>
    public static ulong Hash(string text) => Hash(Encoding.UTF8.GetBytes(text));
}

using System.Globalization;

namespace ModelZoo.Hub.Kernel;

/// <summary>Our own row ids: 63 bits, ordered by time of creation, made without asking the database.</summary>
static class Ids
{
    /// <summary>2025-01-01T00:00:00Z in Unix milliseconds; later starts keep ids short and the 41-bit clock good until 2094.</summary>
    const long Epoch = 1_735_689_600_000;

    /// <summary>Bits for the number of the node that makes the id, so that no two nodes ever make the same.</summary>
    const int NodeBits = 10;

    /// <summary>Bits that begin at random in each millisecond, or count on from the id before.</summary>
    const int TailBits = 12;

    /// <summary>Numbers that nodes are given; those above are drawn at random by commands that run for a moment and are no nodes.</summary>
    public const int MaxNode = 767;

    static long s_last;
    static int s_node = Random.Shared.Next(MaxNode + 1, 1 << NodeBits);

    /// <summary>From now on ids carry this node's number.</summary>
    public static void UseNode(int number) => Volatile.Write(ref s_node, number is > 0 and <= MaxNode ? number : throw new ArgumentOutOfRangeException(nameof(number)));

    /// <summary>41 bits of milliseconds, 12 of chance, 10 of the node. Strictly increasing within one process.</summary>
    public static long Next(TimeProvider time)
    {
        var (now, node) = (time.GetUtcNow().ToUnixTimeMilliseconds(), Volatile.Read(ref s_node));
        while (true)
        {
            var last = Interlocked.Read(ref s_last);
            var next = After(last, now, Random.Shared.Next(1 << TailBits), node);
            if (Interlocked.CompareExchange(ref s_last, next, last) == last) return next;
        }
    }

    /// <summary>The id that a node makes at a moment after it made <paramref name="last"/>.</summary>
    internal static long After(long last, long unixMs, int tail, int node)
    {
        var fresh = ((((unixMs - Epoch) << TailBits) | (uint)tail) << NodeBits) | (uint)node;
        return fresh > last ? fresh : (((last >> NodeBits) + 1) << NodeBits) | (uint)node;
    }

    /// <summary>The 24 hex digits that Hugging Face clients expect of an id.</summary>
    public static string ToWire(long id) => id.ToString("x24", CultureInfo.InvariantCulture);

    public static bool TryFromWire(string? text, out long id)
    {
        id = 0;
        return text is { Length: 24 } && long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}

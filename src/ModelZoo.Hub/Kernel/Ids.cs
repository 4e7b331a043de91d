using System.Globalization;

namespace ModelZoo.Hub.Kernel;

/// <summary>Our own row ids: 63 bits, ordered by time of creation, made without asking the database.</summary>
static class Ids
{
    /// <summary>2025-01-01T00:00:00Z in Unix milliseconds; later starts keep ids short and the 41-bit clock good until 2094.</summary>
    const long Epoch = 1_735_689_600_000;

    static long s_last;

    /// <summary>41 bits of milliseconds, then 22 random bits. Strictly increasing within one process.</summary>
    public static long Next(TimeProvider time)
    {
        var fresh = ((time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) << 22) | (uint)Random.Shared.Next(1 << 22);
        while (true)
        {
            var last = Interlocked.Read(ref s_last);
            var next = fresh > last ? fresh : last + 1;
            if (Interlocked.CompareExchange(ref s_last, next, last) == last) return next;
        }
    }

    /// <summary>The 24 hex digits that Hugging Face clients expect of an id.</summary>
    public static string ToWire(long id) => id.ToString("x24", CultureInfo.InvariantCulture);

    public static bool TryFromWire(string? text, out long id)
    {
        id = 0;
        return text is { Length: 24 } && long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }
}

using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>How lists of the hub's own API are cut: newest first, so many before an id.</summary>
static class Paging
{
    const int Standard = 50;
    const int Most = 500;

    public static int Limit(int? wanted) => wanted switch
    {
        null => Standard,
        < 1 => throw Refusal.Invalid("\"limit\" must be a positive number."),
        _ => Math.Min(wanted.Value, Most),
    };

    public static long? Before(string? id) => string.IsNullOrEmpty(id) ? null
        : Ids.TryFromWire(id, out var before) ? before
        : throw Refusal.Invalid("\"before\" must be an id of this list.");
}

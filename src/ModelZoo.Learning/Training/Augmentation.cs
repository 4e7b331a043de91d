using System.Globalization;

namespace ModelZoo.Learning.Training;

/// <summary>A change made to training samples as they are drawn: a name and how much of it.</summary>
/// <param name="Amount">Pixels, degrees, probability or the parameter of a Beta distribution, as the name has it.</param>
public sealed record Augmentation(string Name, double? Amount)
{
    /// <summary>Names with their default amounts; null where there is none. The trainer here does those of <see cref="BuiltinNames"/>.</summary>
    static readonly Dictionary<string, double?> s_known = new(StringComparer.Ordinal)
    {
        ["shift"] = 1, ["flip"] = null, ["noise"] = 2, ["erase"] = 0.25, ["mixup"] = 0.8, ["cutmix"] = 1,
        ["crop"] = null, ["resized-crop"] = null, ["rotate"] = 10, ["jitter"] = null, ["grey"] = null, ["blur"] = null,
    };

    public static readonly IReadOnlySet<string> BuiltinNames = new HashSet<string>(StringComparer.Ordinal) { "shift", "flip", "noise", "erase", "mixup", "cutmix" };

    /// <summary>Reads <c>mixup(0.8)</c> or <c>flip</c>.</summary>
    /// <param name="wrong">Makes the refusal of a sentence.</param>
    public static Augmentation Parse(string text, Func<string, Exception> wrong)
    {
        var open = text.IndexOf('(');
        var name = open < 0 ? text : text[..open];
        if (!s_known.TryGetValue(name, out var amount)) throw wrong($"'{name}' is no augmentation; there are {string.Join(", ", s_known.Keys)}.");
        if (open < 0) return new(name, amount);
        if (amount is null) throw wrong($"'{name}' takes no number.");
        if (!text.EndsWith(')') || !double.TryParse(text.AsSpan(open + 1, text.Length - open - 2), NumberStyles.Float, CultureInfo.InvariantCulture, out var given) || !(given is >= 0 and <= 1000))
            throw wrong($"'{text}' does not say its amount as a number from 0 to 1000.");
        if (name == "erase" && given > 1) throw wrong("erase takes a probability.");
        return new(name, given);
    }

    public override string ToString() => Amount is { } amount ? $"{Name}({Blueprints.CanonicalJson.Number(amount)})" : Name;
}

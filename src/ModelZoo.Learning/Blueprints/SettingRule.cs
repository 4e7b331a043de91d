using ModelZoo.Learning.Yaml;

namespace ModelZoo.Learning.Blueprints;

enum SettingKind { Whole, Real, Word, Flag, Texts, Wholes, WholeOrWord }

/// <summary>One setting of a stage: its dotted path, what values it takes, and its default.</summary>
sealed record SettingRule(string Path, SettingKind Kind, object? Default, double Min = double.NegativeInfinity, double Max = double.PositiveInfinity, params string[] Words)
{
    /// <summary>Text as long as this is no setting.</summary>
    const int MaxTextLength = 200;

    const int MaxListLength = 64;

    public object Read(YamlNode node) => Kind switch
    {
        SettingKind.Whole => ReadWhole(node),
        SettingKind.Real => ReadReal(node),
        SettingKind.Word => ReadWord(node),
        SettingKind.Flag => node is YamlScalar { Value: bool flag } ? flag : throw node.Wrong($"{Path} must be true or false."),
        SettingKind.WholeOrWord => node is YamlScalar { Value: string } ? ReadWord(node) : ReadWhole(node),
        SettingKind.Texts => (object)ReadList(node).Select(item => item is YamlScalar { Text.Length: > 0 and <= MaxTextLength } text ? (object)text.Text : throw item.Wrong($"{Path} is a list of words.")).ToArray(),
        _ => ReadList(node).Select(ReadWhole).ToArray(),
    };

    object ReadWhole(YamlNode node)
    {
        if (node is YamlScalar { Value: double real } && real == Math.Floor(real) && Math.Abs(real) < 1e15) return Ranged(node, real, (long)real);
        return node is YamlScalar { Value: long whole } ? Ranged(node, whole, whole) : throw node.Wrong($"{Path} must be a whole number{Alternatives}.");
    }

    object ReadReal(YamlNode node) => node is YamlScalar { Number: { } number } ? Ranged(node, number, number) : throw node.Wrong($"{Path} must be a number.");

    string ReadWord(YamlNode node)
    {
        if (node is not YamlScalar { Value: string word }) throw node.Wrong($"{Path} must be {Choices}.");
        if (word.Length > MaxTextLength) throw node.Wrong($"{Path} is longer than {MaxTextLength} characters.");
        return Words.Length == 0 || Words.Contains(word) ? word : throw node.Wrong($"'{word}' is not known; {Path} is {Choices}.");
    }

    IReadOnlyList<YamlNode> ReadList(YamlNode node) =>
        node is YamlList { Items.Count: <= MaxListLength } list ? list.Items : throw node.Wrong($"{Path} must be a list of at most {MaxListLength}.");

    object Ranged(YamlNode node, double number, object value) => number >= Min && number <= Max && double.IsFinite(number)
        ? value
        : throw node.Wrong($"{Path} must lie between {CanonicalJson.Number(Min)} and {CanonicalJson.Number(Max)}; it is {node.Shown}.");

    string Choices => Words.Length > 0 ? $"one of: {string.Join(", ", Words)}" : "a word";

    string Alternatives => Words.Length > 0 ? $" or {Choices}" : "";
}

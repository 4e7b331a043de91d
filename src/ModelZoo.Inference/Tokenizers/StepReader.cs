using System.Text.Json;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Patterns;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Reads normalizers and pre-tokenizers of tokenizer.json.</summary>
static class StepReader
{
    public static Normalizer ReadNormalizer(JsonElement step) => step.GetText("type") switch
    {
        "Sequence" => new NormalizerSequence([.. step.List("normalizers").Select(ReadNormalizer)]),
        "BertNormalizer" => new BertStep(step.Flag("clean_text", true), step.Flag("handle_chinese_chars", true), step.Flag("strip_accents", step.Flag("lowercase", true)), step.Flag("lowercase", true)),
        "Lowercase" => new LowercaseStep(),
        "NFC" => new NormalFormStep(composes: true, compatibility: false),
        "NFD" => new NormalFormStep(composes: false, compatibility: false),
        "NFKC" => new NormalFormStep(composes: true, compatibility: true),
        "NFKD" => new NormalFormStep(composes: false, compatibility: true),
        "StripAccents" => new StripAccentsStep(),
        "Strip" => new StripStep(step.Flag("strip_left", true), step.Flag("strip_right", true)),
        "Replace" => ReadPattern(step) is var (text, pattern) ? new ReplaceStep(text, pattern, step.GetText("content")) : throw Missing(),
        "Prepend" => new PrependStep(step.GetText("prepend")),
        "Nmt" => new NmtStep(),
        "ByteLevel" => new ByteLevelStep(),
        "Precompiled" => new CharacterMap(ReadBase64(step.FindText("precompiled_charsmap") ?? "")),
        var other => throw JsonParts.Bad($"The normalizer '{other}' is not supported."),
    };

    public static PreTokenizer ReadPreTokenizer(JsonElement step) => step.GetText("type") switch
    {
        "Sequence" => new PreTokenizerSequence([.. step.List("pretokenizers").Select(ReadPreTokenizer)]),
        "BertPreTokenizer" => new BertSplit(),
        "Whitespace" => new PatternSplit(new Pattern(@"\w+|[^\w\s]+"), SplitBehaviour.Removed, inverts: true),
        "WhitespaceSplit" => new ClassSplit(CodePoints.IsSpace, SplitBehaviour.Removed),
        "ByteLevel" => new ByteLevelSplit(step.Flag("add_prefix_space", true), step.Flag("use_regex", true)),
        "Metaspace" => ReadMetaspace(step),
        "Digits" => new ClassSplit(CodePoints.IsNumber, step.Flag("individual_digits") ? SplitBehaviour.Isolated : SplitBehaviour.Contiguous),
        "Punctuation" => new ClassSplit(CodePoints.IsPunctuation, ReadBehaviour(step.FindText("behavior") ?? "Isolated")),
        "CharDelimiterSplit" => new TextSplit(step.GetText("delimiter"), SplitBehaviour.Removed, inverts: false),
        "Split" => ReadPattern(step) is var (text, pattern) && ReadBehaviour(step.GetText("behavior")) is var behaviour
            ? pattern is not null ? new PatternSplit(pattern, behaviour, step.Flag("invert")) : new TextSplit(text!, behaviour, step.Flag("invert")) : throw Missing(),
        var other => throw JsonParts.Bad($"The pre-tokenizer '{other}' is not supported."),
    };

    static MetaspaceSplit ReadMetaspace(JsonElement step) =>
        new(step.FindText("replacement") is { Length: > 0 } replacement ? replacement : "▁", ReadScheme(step), step.Flag("split", true));

    public static PrependScheme ReadScheme(JsonElement step) => step.FindText("prepend_scheme") switch
    {
        "always" => PrependScheme.Always,
        "first" => PrependScheme.First,
        "never" => PrependScheme.Never,
        null => step.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
        var other => throw JsonParts.Bad($"The prepend scheme '{other}' is not known."),
    };

    static SplitBehaviour ReadBehaviour(string name) => Enum.TryParse<SplitBehaviour>(name, out var behaviour) ? behaviour : throw JsonParts.Bad($"The behaviour '{name}' is not known.");

    /// <summary>A pattern is <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
    public static (string? Text, Pattern? Pattern) ReadPattern(JsonElement step)
    {
        var pattern = step.Find("pattern") ?? throw Missing();
        return pattern.ValueKind == JsonValueKind.String ? (pattern.Text(), null)
            : pattern.FindText("String") is { } text ? (text, null) : (null, new Pattern(pattern.GetText("Regex")));
    }

    static byte[] ReadBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw JsonParts.Bad("The compiled character map is not Base64.");
        }
    }

    static InferenceException Missing() => JsonParts.Bad("A step of the tokenizer has no 'pattern'.");
}

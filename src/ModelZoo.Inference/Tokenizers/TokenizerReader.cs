using System.Text.Json;
using ModelZoo.Inference.Files;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Reads tokenizer.json as Hugging Face's tokenizers library writes it, versions with and without <c>model.type</c>.</summary>
static class TokenizerReader
{
    public static Tokenizer Read(ReadOnlyMemory<byte> bytes) => new(ReadParts(JsonParts.Parse(bytes, "tokenizer.json")));

    public static TokenizerParts ReadParts(JsonElement json)
    {
        var model = ModelReader.Read(json.Find("model") ?? throw JsonParts.Bad("tokenizer.json has no 'model'."));
        return new(model)
        {
            Added = [.. json.List("added_tokens").Select(ReadAdded)],
            Normalizer = json.Find("normalizer") is { } normalizer ? StepReader.ReadNormalizer(normalizer) : null,
            PreTokenizer = json.Find("pre_tokenizer") is { } split ? StepReader.ReadPreTokenizer(split) : null,
            PostProcessor = json.Find("post_processor") is { } post ? ReadPostProcessor(post) : null,
            Decoder = json.Find("decoder") is { } decoder ? DecoderReader.Read(decoder) : null,
            Truncation = json.Find("truncation") is { } truncation ? ReadTruncation(truncation) : null,
            Padding = json.Find("padding") is { } padding ? ReadPadding(padding) : null,
        };
    }

    static AddedToken ReadAdded(JsonElement token)
    {
        var id = token.FindInt("id") ?? throw JsonParts.Bad("An added token has no 'id'.");
        if (id is < 0 or >= Vocabulary.MaxTokens) throw JsonParts.Bad($"The added token {id} is out of range.");
        return new(id, token.GetText("content"))
        {
            IsSpecial = token.Flag("special"),
            IsSingleWord = token.Flag("single_word"),
            StripsLeft = token.Flag("lstrip"),
            StripsRight = token.Flag("rstrip"),
            IsNormalized = token.Flag("normalized"),
        };
    }

    static PostProcessor ReadPostProcessor(JsonElement step)
    {
        switch (step.GetText("type"))
        {
            case "Sequence": return new PostProcessorSequence([.. step.List("processors").Select(ReadPostProcessor)]);
            case "ByteLevel": return new TrimOffsetsStep(step.Flag("trim_offsets", true), step.Flag("add_prefix_space", true));
            case "TemplateProcessing": return ReadTemplate(step);
            case "BertProcessing":
                var (sep, cls) = (ReadEnd(step, "sep"), ReadEnd(step, "cls"));
                return new TemplateStep([Special(cls), First(), Special(sep)], [Special(cls), First(), Special(sep), Second(1), Special(sep, 1)]);
            case "RobertaProcessing":
                (sep, cls) = (ReadEnd(step, "sep"), ReadEnd(step, "cls"));
                var template = new TemplateStep([Special(cls), First(), Special(sep)], [Special(cls), First(), Special(sep), Special(sep), Second(0), Special(sep)]);
                return new PostProcessorSequence([new TrimOffsetsStep(step.Flag("trim_offsets", true), step.Flag("add_prefix_space", true)), template]);
            case var other: throw JsonParts.Bad($"The post-processor '{other}' is not supported.");
        }

        static TemplateStep.Part Special((int, string) token, int type = 0) => new([token], false, type);
        static TemplateStep.Part First() => new(null, false, 0);
        static TemplateStep.Part Second(int type) => new(null, true, type);
    }

    static (int Id, string Token) ReadEnd(JsonElement step, string key) =>
        step.Find(key) is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2 && pair[0].ValueKind == JsonValueKind.String && pair[1].ValueKind == JsonValueKind.Number && pair[1].TryGetInt32(out var id)
            ? (id, pair[0].Text()) : throw JsonParts.Bad($"'{key}' of the post-processor is no pair of a token and its number.");

    static TemplateStep ReadTemplate(JsonElement step)
    {
        var special = new Dictionary<string, IReadOnlyList<(int, string)>>(StringComparer.Ordinal);
        if (step.Find("special_tokens") is { ValueKind: JsonValueKind.Object } tokens)
        {
            foreach (var token in tokens.EnumerateObject())
            {
                var ids = token.Value.List("ids").Select(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) ? number : throw JsonParts.Bad("A special token's number is none."));
                special[token.Key()] = [.. ids.Zip(token.Value.List("tokens").Select(text => text.Text()))];
            }
        }
        return new([.. step.List("single").Select(Part)], [.. step.List("pair").Select(Part)]);

        TemplateStep.Part Part(JsonElement part)
        {
            if (part.Find("Sequence") is { } sequence) return new(null, sequence.FindText("id") == "B", sequence.FindInt("type_id") ?? 0);
            var token = part.Find("SpecialToken") ?? throw JsonParts.Bad("A part of the template is neither a text nor a special token.");
            return new(special.GetValueOrDefault(token.GetText("id")) ?? throw JsonParts.Bad($"The template's token '{token.GetText("id")}' is not described."), false, token.FindInt("type_id") ?? 0);
        }
    }

    static TruncationRule ReadTruncation(JsonElement rule) => new(
        rule.FindInt("max_length") is { } length and > 0 ? length : throw JsonParts.Bad("'truncation' has no 'max_length'."),
        rule.FindText("strategy") switch
        {
            "OnlyFirst" or "only_first" => CutStrategy.OnlyFirst,
            "OnlySecond" or "only_second" => CutStrategy.OnlySecond,
            _ => CutStrategy.LongestFirst,
        }, rule.FindText("direction") is "Left" or "left");

    static PaddingRule ReadPadding(JsonElement rule)
    {
        var length = rule.Find("strategy")?.FindInt("Fixed");
        if (length is < 0 or > 1 << 20) throw JsonParts.Bad($"Padding to {length} is out of range.");
        var multiple = rule.FindInt("pad_to_multiple_of") ?? 1;
        if (multiple is < 1 or > 1 << 20) throw JsonParts.Bad($"Padding to a multiple of {multiple} is out of range.");
        return new()
        {
            Id = rule.FindInt("pad_id") ?? 0, Token = rule.FindText("pad_token") ?? "[PAD]", TypeId = rule.FindInt("pad_type_id") ?? 0,
            OnLeft = rule.FindText("direction") is "Left" or "left", Length = length, MultipleOf = multiple,
        };
    }
}

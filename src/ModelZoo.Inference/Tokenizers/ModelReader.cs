using System.Text.Json;
using ModelZoo.Inference.Files;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Reads the <c>model</c> of tokenizer.json.</summary>
static class ModelReader
{
    public static TokenModel Read(JsonElement model) => (model.FindText("type") ?? Guess(model)) switch
    {
        "BPE" => ReadBpe(model),
        "WordPiece" => ReadWordPiece(model),
        "Unigram" => ReadUnigram(model),
        "WordLevel" => ReadWordLevel(model),
        var other => throw JsonParts.Bad($"The tokenizer model '{other}' is not supported."),
    };

    /// <summary>Older files do not say what they hold.</summary>
    static string Guess(JsonElement model) => model.Find("vocab") is { ValueKind: JsonValueKind.Array } ? "Unigram"
        : model.Find("merges") is not null ? "BPE" : model.Find("max_input_chars_per_word") is not null ? "WordPiece" : "WordLevel";

    static Vocabulary ReadVocabulary(JsonElement model)
    {
        if (model.Find("vocab") is not { ValueKind: JsonValueKind.Object } words) throw JsonParts.Bad("The tokenizer has no 'vocab' of tokens and numbers.");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var word in words.EnumerateObject())
        {
            var token = word.Key();
            if (word.Value.ValueKind != JsonValueKind.Number || !word.Value.TryGetInt32(out var id) || id < 0) throw JsonParts.Bad($"The number of token '{token}' is none.");
            if (!ids.TryAdd(token, id)) throw JsonParts.Bad($"Token '{token}' is twice in the vocabulary.");
        }
        return new(ids);
    }

    static int? FindUnknown(JsonElement model, Vocabulary vocabulary) =>
        model.FindText("unk_token") is { } token ? vocabulary.FindId(token) ?? throw JsonParts.Bad($"The unknown token '{token}' is not in the vocabulary.") : null;

    static WordLevelModel ReadWordLevel(JsonElement model)
    {
        var vocabulary = ReadVocabulary(model);
        return new(vocabulary, FindUnknown(model, vocabulary));
    }

    static WordPieceModel ReadWordPiece(JsonElement model)
    {
        var vocabulary = ReadVocabulary(model);
        var unknown = FindUnknown(model, vocabulary) ?? throw JsonParts.Bad("A WordPiece model needs 'unk_token'.");
        return new(vocabulary, unknown, model.FindText("continuing_subword_prefix") ?? "##", model.FindInt("max_input_chars_per_word") is { } longest and > 0 and < 100_000 ? longest : 100);
    }

    static UnigramModel ReadUnigram(JsonElement model)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var scores = new List<double>();
        foreach (var entry in model.List("vocab"))
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[1].ValueKind != JsonValueKind.Number || !entry[1].TryGetDouble(out var score) || !double.IsFinite(score))
                throw JsonParts.Bad("An entry of the vocabulary is no pair of a token and its score.");
            ids[entry[0].Text()] = scores.Count;
            scores.Add(score);
        }
        var unknown = model.FindInt("unk_id");
        if (unknown < 0 || unknown >= scores.Count) throw JsonParts.Bad($"The unknown token {unknown} is not in the vocabulary.");
        return new(new(ids), [.. scores], unknown, model.Flag("byte_fallback"));
    }

    static BpeModel ReadBpe(JsonElement model)
    {
        if (model.FindReal("dropout") is > 0) throw JsonParts.Bad("A BPE model with dropout gives other tokens every time; set 'dropout' to null.");
        var vocabulary = ReadVocabulary(model);
        var options = new BpeOptions
        {
            Unknown = FindUnknown(model, vocabulary), Prefix = model.FindText("continuing_subword_prefix") ?? "", Suffix = model.FindText("end_of_word_suffix") ?? "",
            FusesUnknown = model.Flag("fuse_unk"), ByteFallback = model.Flag("byte_fallback"), IgnoresMerges = model.Flag("ignore_merges"),
        };
        if (options.Prefix.Length > 100 || options.Suffix.Length > 100) throw JsonParts.Bad("A prefix or suffix of tokens has more than 100 characters.");
        return new(vocabulary, ReadMerges(model.List("merges").Select(ReadMerge), vocabulary, options.Prefix), options);
    }

    /// <summary>"a b", or since 2024 ["a", "b"], where a token may hold a blank.</summary>
    static (string Left, string Right) ReadMerge(JsonElement merge)
    {
        if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2) return (merge[0].Text(), merge[1].Text());
        if (merge.ValueKind != JsonValueKind.String) throw JsonParts.Bad("A merge is no pair of tokens.");
        return SplitMerge(merge.Text());
    }

    public static (string Left, string Right) SplitMerge(string merge) => merge.IndexOf(' ', 1) is > 0 and var blank && blank + 1 < merge.Length
        ? (merge[..blank], merge[(blank + 1)..]) : throw JsonParts.Bad($"The merge '{merge}' is no pair of tokens.");

    public static Dictionary<long, (int Rank, int Id)> ReadMerges(IEnumerable<(string Left, string Right)> merges, Vocabulary vocabulary, string prefix)
    {
        var ranks = new Dictionary<long, (int, int)>();
        foreach (var (left, right) in merges)
        {
            var made = left + (prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right);
            if (vocabulary.FindId(left) is not { } a || vocabulary.FindId(right) is not { } b || vocabulary.FindId(made) is not { } id)
                throw JsonParts.Bad($"The merge of '{left}' and '{right}' names tokens that the vocabulary does not have.");
            ranks.TryAdd(BpeModel.Pair(a, b), (ranks.Count, id));
        }
        return ranks;
    }
}

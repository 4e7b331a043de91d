using System.Text.Json;

namespace ModelZoo.Weights.Llama;

/// <summary>Reads tokenizer.json, as Hugging Face's tokenizers library writes it: byte-level BPE, or the BPE of SentencePiece with byte fallback.</summary>
static class TokenizerJson
{
    // Regular expressions by which models split text before merging, and llama.cpp's name for the same (get_vocab_base_pre, 2026).
    const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    const string Spaces = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    static readonly Dictionary<string, string> s_splits = new(StringComparer.Ordinal)
    {
        [Contractions + @"\p{N}{1,3}" + Spaces] = "llama-bpe",
        [Contractions + @"\p{N}" + Spaces] = "qwen2",
        [$@"[^\r\n\p{{L}}\p{{N}}]?{Upper}*{Lower}+|[^\r\n\p{{L}}\p{{N}}]?{Upper}+{Lower}*|\p{{N}}" + @"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = "tekken",
    };

    public static Vocabulary Read(JsonElement json, List<string> remarks)
    {
        if (json.Find("model") is not { } model || model.Find("vocab") is not { ValueKind: JsonValueKind.Object } words)
            throw new ConversionException("tokenizer.json has no vocabulary of words and numbers; only BPE is converted.");
        if (model.FindText("type") is { } type and not "BPE") throw new ConversionException($"tokenizer.json holds a {type} model; only BPE is converted.");
        var merges = ReadMerges(model);
        var isPieces = model.FindFlag("byte_fallback") == true;
        var vocabulary = isPieces ? new Vocabulary("llama", "default") : new Vocabulary("gpt2", FindPreTokenizer(json, remarks)) { Merges = merges };
        var scores = isPieces ? ScoreByMerges(merges) : [];
        var unknown = model.FindText("unk_token");
        foreach (var word in words.EnumerateObject())
        {
            var text = NameOf(word);
            if (word.Value.ValueKind != JsonValueKind.Number || !word.Value.TryGetInt64(out var id)) throw new ConversionException($"The number of token '{text}' is none.");
            var kind = text == unknown ? TokenKind.Unknown : isPieces && IsByte(text) ? TokenKind.Byte : TokenKind.Normal;
            vocabulary.Set(id, text, kind == TokenKind.Normal && isPieces ? scores.GetValueOrDefault(text, -merges.Count - id) : 0, kind);
        }
        return vocabulary;
    }

    /// <summary>
    /// SentencePiece merges the pair with the highest score first, where BPE takes the first merge in its list; so the place in the list, negated, is
    /// the score. Single characters, which no merge makes, come after all of them.
    /// </summary>
    static Dictionary<string, float> ScoreByMerges(List<string> merges)
    {
        var scores = new Dictionary<string, float>(StringComparer.Ordinal);
        for (var i = 0; i < merges.Count; i++) scores.TryAdd(merges[i].Replace(" ", ""), -i);
        return scores;
    }

    /// <summary>Pairs as "a b", or since 2024 as ["a", "b"], where a token may hold a space; GGUF has the former, with such a space as Ġ.</summary>
    static List<string> ReadMerges(JsonElement model)
    {
        if (model.Find("merges") is not { ValueKind: JsonValueKind.Array } list) throw new ConversionException("tokenizer.json has no merges.");
        var merges = new List<string>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String) merges.Add(JsonFile.Text(item, "merges"));
            else if (item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.String)
                merges.Add($"{JsonFile.Text(item[0], "merges").Replace(' ', 'Ġ')} {JsonFile.Text(item[1], "merges").Replace(' ', 'Ġ')}");
            else throw new ConversionException("A merge of tokenizer.json is no pair of texts.");
        }
        return merges;
    }

    static string FindPreTokenizer(JsonElement json, List<string> remarks)
    {
        var steps = json.Find("pre_tokenizer") is not { } first ? []
            : first.Find("pretokenizers") is { ValueKind: JsonValueKind.Array } several ? several.EnumerateArray().ToList() : [first];
        var splits = steps.Select(step => step.Find("pattern")?.FindText("Regex")).OfType<string>().ToList();
        var byteLevel = steps.Find(step => step.FindText("type") == "ByteLevel");
        var hasDigits = steps.Exists(step => step.FindText("type") == "Digits" && step.FindFlag("individual_digits") == true);
        if (splits is [var split] && s_splits.TryGetValue(split, out var name)) return name;
        if (splits.Count == 0 && byteLevel.ValueKind == JsonValueKind.Object && byteLevel.FindFlag("use_regex") != false) return hasDigits ? "smollm" : "gpt-2";
        remarks.Add("The rule by which tokenizer.json splits text has no known name in GGUF; 'default' is written, and texts may be split differently.");
        return "default";
    }

    static bool IsByte(string text) => text is ['<', '0', 'x', var high, var low, '>'] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low);

    static string NameOf(JsonProperty word)
    {
        try
        {
            return word.Name;
        }
        catch (InvalidOperationException)
        {
            throw new ConversionException("A token of tokenizer.json is not valid Unicode.");
        }
    }
}

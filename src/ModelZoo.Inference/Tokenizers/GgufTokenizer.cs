using ModelZoo.Inference.Files;
using ModelZoo.Inference.Patterns;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>The tokenizer that a GGUF file holds in its metadata (keys <c>tokenizer.ggml.*</c>), read as llama.cpp reads it.</summary>
public static class GgufTokenizer
{
    const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4;     // enum llama_token_type

    const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    const string Spaces = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>How text is split before merging, by llama.cpp's names (src/llama-vocab.cpp, 2026); each list is applied in order.</summary>
    static readonly Dictionary<string, string[]> s_splits = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = [ByteLevel.Split], ["default"] = [ByteLevel.Split], ["olmo"] = [ByteLevel.Split], ["phi-2"] = [ByteLevel.Split], ["mpt"] = [ByteLevel.Split],
        ["smollm"] = [@"\p{N}", ByteLevel.Split], ["starcoder"] = [@"\p{N}", ByteLevel.Split], ["refact"] = [@"\p{N}", ByteLevel.Split], ["command-r"] = [@"\p{N}", ByteLevel.Split],
        ["llama-bpe"] = [Contractions + @"\p{N}{1,3}" + Spaces], ["llama3"] = [Contractions + @"\p{N}{1,3}" + Spaces], ["dbrx"] = [Contractions + @"\p{N}{1,3}" + Spaces], ["smaug-bpe"] = [Contractions + @"\p{N}{1,3}" + Spaces],
        ["qwen2"] = [Contractions + @"\p{N}" + Spaces], ["stablelm2"] = [Contractions + @"\p{N}" + Spaces], ["deepseek-r1-qwen"] = [Contractions + @"\p{N}" + Spaces],
        ["tekken"] = [@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    };

    /// <summary>Null when the file holds no vocabulary. The header must have been read with its long lists kept.</summary>
    public static Tokenizer? Read(WeightFile file)
    {
        if (file.FindText("tokenizer.ggml.model") is not { } kind || kind == "none" || Texts(file, "tokens") is not { } tokens) return null;
        var types = Wholes(file, "token_type") ?? [.. Enumerable.Repeat(Normal, tokens.Count)];
        if (types.Count != tokens.Count) throw JsonParts.Bad($"The vocabulary has {tokens.Count} tokens, but types for {types.Count}.");
        var parts = kind switch
        {
            "gpt2" => ReadBytePairs(file, tokens),
            "llama" => ReadSentencePieces(file, tokens, types),
            "bert" => ReadWordPieces(file, tokens, types),
            "t5" => ReadUnigram(file, tokens),
            _ => throw JsonParts.Bad($"The GGUF tokenizer '{kind}' is not supported; gpt2, llama, bert and t5 are."),
        };
        return new(parts with { Added = FindAdded(tokens, types), PostProcessor = ReadEnds(file, tokens, kind) });
    }

    static List<AddedToken> FindAdded(List<string> tokens, List<int> types) =>
        [.. tokens.Select((token, id) => new AddedToken(id, token) { IsSpecial = types[id] is Control or Unknown }).Where((_, id) => types[id] is Control or UserDefined or Unknown)];

    static TokenizerParts ReadBytePairs(WeightFile file, List<string> tokens)
    {
        var name = file.FindText("tokenizer.ggml.pre") ?? "default";
        var splits = s_splits.GetValueOrDefault(name) ?? throw JsonParts.Bad($"The way '{name}' of splitting text is not known.");
        var vocabulary = Number(tokens);
        var merges = ModelReader.ReadMerges((Texts(file, "merges") ?? throw JsonParts.Bad("The vocabulary has no merges.")).Select(ModelReader.SplitMerge), vocabulary, "");
        var steps = splits.Select(PreTokenizer (split) => new PatternSplit(new Pattern(split), SplitBehaviour.Isolated, false));
        return new(new BpeModel(vocabulary, merges, new() { IgnoresMerges = name is "llama-bpe" or "llama3" }))
        {
            PreTokenizer = new PreTokenizerSequence([.. steps, new ByteLevelSplit(addsPrefixSpace: false, splits: false)]),
            Decoder = new ByteLevelDecoder(),
        };
    }

    /// <summary>
    /// SentencePiece joins the two neighbours whose union has the best score. Every cut of a token into two others is therefore a merge, ranked by that
    /// score.
    /// </summary>
    static TokenizerParts ReadSentencePieces(WeightFile file, List<string> tokens, List<int> types)
    {
        var scores = Reals(file, "scores") is { } given && given.Count == tokens.Count ? given : throw JsonParts.Bad("The vocabulary has no score for every token.");
        var vocabulary = Number(tokens);
        var order = Enumerable.Range(0, tokens.Count).Where(id => types[id] is Normal or UserDefined).OrderByDescending(id => scores[id]).ToList();
        var merges = new Dictionary<long, (int, int)>();
        var (rank, last) = (-1, double.NaN);
        foreach (var id in order)
        {
            if (scores[id] != last) (rank, last) = (rank + 1, scores[id]);      // equal scores: the leftmost first
            for (var cut = 1; cut < Math.Min(tokens[id].Length, 256); cut++)
            {
                if (char.IsLowSurrogate(tokens[id][cut])) continue;
                if (vocabulary.TryGetId(tokens[id].AsSpan(0, cut), out var left) && vocabulary.TryGetId(tokens[id].AsSpan(cut), out var right)) merges.TryAdd(BpeModel.Pair(left, right), (rank, id));
            }
        }
        var unknown = file.FindWhole("tokenizer.ggml.unknown_token_id") is >= 0 and var number && number < tokens.Count ? (int)number : 0;
        var addsSpace = Flag(file, "add_space_prefix") ?? true;
        return new(new BpeModel(vocabulary, merges, new() { Unknown = unknown, ByteFallback = true, FusesUnknown = true }))
        {
            Normalizer = new NormalizerSequence([.. addsSpace ? (Normalizer[])[new PrependStep("▁")] : [], new ReplaceStep(" ", null, "▁")]),
            Decoder = new DecoderSequence([new ReplaceDecoder("▁", null, " "), new ByteFallbackDecoder(), new FuseDecoder(), .. addsSpace ? (Decoder[])[new StripDecoder(' ', 1, 0)] : []]),
        };
    }

    /// <summary>llama.cpp marks beginnings of words with ▁ where BERT's own vocabulary marks continuations with ##.</summary>
    static TokenizerParts ReadWordPieces(WeightFile file, List<string> tokens, List<int> types)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            var isWord = types[id] is not Normal || tokens[id].StartsWith('[');
            var text = isWord ? tokens[id] : tokens[id].StartsWith('▁') ? tokens[id][1..] : "##" + tokens[id];
            ids.TryAdd(text, id);
        }
        var unknown = file.FindWhole("tokenizer.ggml.unknown_token_id") is >= 0 and var number && number < tokens.Count ? (int)number : ids.GetValueOrDefault("[UNK]");
        return new(new WordPieceModel(new(ids), unknown, "##", 100))
        {
            Normalizer = new BertStep(true, true, true, true),
            PreTokenizer = new BertSplit(),
            Decoder = new WordPieceDecoder("##", cleansUp: true),
        };
    }

    static TokenizerParts ReadUnigram(WeightFile file, List<string> tokens)
    {
        var scores = Reals(file, "scores") is { } given && given.Count == tokens.Count ? given : throw JsonParts.Bad("The vocabulary has no score for every token.");
        var unknown = file.FindWhole("tokenizer.ggml.unknown_token_id") is >= 0 and var number && number < tokens.Count ? (int)number : (int?)null;
        var map = Items(file, "precompiled_charsmap")?.Select(item => item is MetadataValue.Whole whole ? (byte)(whole.Value & 0xFF) : (byte)0).ToArray();
        return new(new UnigramModel(Number(tokens), [.. scores], unknown, byteFallback: true))
        {
            Normalizer = map is { Length: > 4 } ? new CharacterMap(map) : null,
            PreTokenizer = new MetaspaceSplit("▁", Flag(file, "add_space_prefix") == false ? PrependScheme.Never : PrependScheme.Always, splits: true),
            Decoder = new MetaspaceDecoder("▁", PrependScheme.Always),
        };
    }

    static TemplateStep? ReadEnds(WeightFile file, List<string> tokens, string kind)
    {
        // What a file does not say, llama.cpp assumes by kind.
        var isBert = kind == "bert";
        var first = Flag(file, "add_bos_token") ?? kind is "llama" or "bert" ? Id("bos_token_id") ?? (isBert ? Id("cls_token_id") ?? Find("[CLS]") : null) : null;
        var last = Flag(file, "add_eos_token") ?? kind is "t5" or "bert" ? (isBert ? Id("seperator_token_id") ?? Find("[SEP]") : null) ?? Id("eos_token_id") : null;
        if (first is null && last is null) return null;
        return new TemplateStep([.. Part(first), new(null, false, 0), .. Part(last)], [.. Part(first), new(null, false, 0), .. Part(last), new(null, true, isBert ? 1 : 0), .. Part(last, isBert ? 1 : 0)]);

        int? Id(string key) => file.FindWhole($"tokenizer.ggml.{key}") is >= 0 and var id && id < tokens.Count ? (int)id : null;
        int? Find(string token) => tokens.Select((text, id) => (text, id)).Where(pair => pair.text == token).Select(pair => (int?)pair.id).FirstOrDefault();
        TemplateStep.Part[] Part(int? id, int type = 0) => id is { } special ? [new([(special, tokens[special])], false, type)] : [];
    }

    static Vocabulary Number(List<string> tokens)
    {
        var ids = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++) ids.TryAdd(tokens[id], id);
        return new(ids);
    }

    static IReadOnlyList<MetadataValue>? Items(WeightFile file, string key) => file.Metadata.GetValueOrDefault($"tokenizer.ggml.{key}") is not MetadataValue.Series series ? null
        : series.Items ?? throw JsonParts.Bad($"The list '{key}' has {series.Count} elements, more than are read.");

    static List<string>? Texts(WeightFile file, string key) => Items(file, key)?.Select(item => (item as MetadataValue.Text)?.Value ?? throw JsonParts.Bad($"'{key}' holds what is no text.")).ToList();

    static List<double>? Reals(WeightFile file, string key) => Items(file, key)?.Select(item => item is MetadataValue.Real real ? real.Value : throw JsonParts.Bad($"'{key}' holds what is no number.")).ToList();

    static List<int>? Wholes(WeightFile file, string key) => Items(file, key)?.Select(item => item is MetadataValue.Whole whole ? (int)whole.Value : throw JsonParts.Bad($"'{key}' holds what is no whole number.")).ToList();

    static bool? Flag(WeightFile file, string key) => (file.Metadata.GetValueOrDefault($"tokenizer.ggml.{key}") as MetadataValue.Flag)?.Value;
}

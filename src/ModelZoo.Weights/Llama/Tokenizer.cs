using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModelZoo.Weights.Llama;

/// <summary>Describes a model's tokenizer in GGUF's keys, from tokenizer.model or tokenizer.json, tokenizer_config.json and config.json.</summary>
static class Tokenizer
{
    /// <summary>Names in Hugging Face's files and in GGUF (gguf-py/gguf/constants.py, Keys.Tokenizer; "seperator" is theirs).</summary>
    static readonly (string Theirs, string Key)[] s_special =
    [
        ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("unk", "unknown_token_id"), ("sep", "seperator_token_id"), ("pad", "padding_token_id"), ("mask", "mask_token_id"),
    ];

    public static async Task DescribeAsync(IModelFiles files, LlamaConfig config, GgufMetadata metadata, List<string> remarks, CancellationToken stop)
    {
        var json = await JsonFile.FindAsync(files, "tokenizer.json", stop);
        var settings = await JsonFile.FindAsync(files, "tokenizer_config.json", stop);
        var pieces = await JsonFile.FindBytesAsync(files, "tokenizer.model", SentencePieceFile.MaxBytes, stop);
        var vocabulary = pieces is not null ? await SentencePieceFile.ReadAsync(pieces, stop)
            : json is { } read ? TokenizerJson.Read(read, remarks) : throw new ConversionException("A GGUF file needs the model's tokenizer.json or tokenizer.model; there is neither.");
        AddTokens(vocabulary, json, settings);
        vocabulary.Describe(metadata, config.Vocabulary);
        var ids = DescribeSpecial(vocabulary, settings, config, metadata);
        DescribeFlags(json, settings, ids, vocabulary, metadata);
        await DescribeTemplatesAsync(files, settings, metadata, stop);
    }

    static void AddTokens(Vocabulary vocabulary, JsonElement? json, JsonElement? settings)
    {
        if (json?.Find("added_tokens") is { ValueKind: JsonValueKind.Array } added)
            foreach (var token in added.EnumerateArray())
                if (token.FindCount("id") is { } id && token.FindText("content") is { } text) vocabulary.Add(id, text, token.FindFlag("special") == true);
        if (settings?.Find("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder)
            foreach (var token in decoder.EnumerateObject())
                if (long.TryParse(JsonFile.Key(token, "added_tokens_decoder"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && token.Value.FindText("content") is { } text)
                    vocabulary.Add(id, text, token.Value.FindFlag("special") == true);
    }

    static Dictionary<string, uint> DescribeSpecial(Vocabulary vocabulary, JsonElement? settings, LlamaConfig config, GgufMetadata metadata)
    {
        var ids = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var (theirs, key) in s_special)
        {
            // A text, or an object with the text; else the number in config.json, of several the first.
            var token = settings?.Find($"{theirs}_token") is { } given ? given.ValueKind == JsonValueKind.String ? JsonFile.Text(given, theirs) : given.FindText("content") : null;
            var number = config.Json.Find($"{theirs}_token_id");
            if (number is { ValueKind: JsonValueKind.Array } several) number = several.GetArrayLength() > 0 ? several[0] : null;
            uint id;
            if (token is not null && vocabulary.FindId(token) is { } found) id = (uint)found;
            else if (number is not { ValueKind: JsonValueKind.Number } value || !value.TryGetUInt32(out id) || id >= config.Vocabulary) continue;
            ids[theirs] = id;
            metadata.Add($"tokenizer.ggml.{key}", id);
        }
        return ids;
    }

    /// <summary>Whether a text gets a beginning and an end of its own: as the settings say, else as the template after tokenizing does.</summary>
    static void DescribeFlags(JsonElement? json, JsonElement? settings, Dictionary<string, uint> ids, Vocabulary vocabulary, GgufMetadata metadata)
    {
        var (first, last) = FindTemplateEnds(json);
        Describe("bos", first);
        Describe("eos", last);
        if (settings?.FindFlag("add_prefix_space") is { } prefix) metadata.Add("tokenizer.ggml.add_space_prefix", prefix);

        void Describe(string name, string? end)
        {
            var inTemplate = end is not null && ids.TryGetValue(name, out var id) && vocabulary.FindId(end) == (int)id;
            if (settings?.FindFlag($"add_{name}_token") is { } said) metadata.Add($"tokenizer.ggml.add_{name}_token", said);
            else if (inTemplate) metadata.Add($"tokenizer.ggml.add_{name}_token", true);
        }
    }

    static (string? First, string? Last) FindTemplateEnds(JsonElement? json)
    {
        if (json?.Find("post_processor") is not { } processor) return (null, null);
        var steps = processor.Find("processors") is { ValueKind: JsonValueKind.Array } several ? several.EnumerateArray().ToList() : [processor];
        var template = steps.Find(step => step.FindText("type") == "TemplateProcessing");
        if (template.ValueKind != JsonValueKind.Object || template.Find("single") is not { ValueKind: JsonValueKind.Array } single || single.GetArrayLength() == 0) return (null, null);
        return (Special(single[0]), Special(single[single.GetArrayLength() - 1]));

        static string? Special(JsonElement part) => part.Find("SpecialToken")?.FindText("id");
    }

    static async Task DescribeTemplatesAsync(IModelFiles files, JsonElement? settings, GgufMetadata metadata, CancellationToken stop)
    {
        if (await JsonFile.FindBytesAsync(files, "chat_template.jinja", WeightLimits.MaxTextBytes, stop) is { } file)
        {
            metadata.Add("tokenizer.chat_template", Encoding.UTF8.GetString(file));
            return;
        }
        if (settings?.Find("chat_template") is not { } given) return;
        if (given.ValueKind == JsonValueKind.String) metadata.Add("tokenizer.chat_template", JsonFile.Text(given, "chat_template"));
        if (given.ValueKind != JsonValueKind.Array) return;
        // Several by name: the one called "default" is the template, the others have keys of their own. Of two with one name the first counts.
        var (others, hasDefault) = (new List<string>(), false);
        foreach (var entry in given.EnumerateArray())
        {
            if (entry.FindText("name") is not { } name || entry.FindText("template") is not { } template) continue;
            var clean = string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c == '_'));
            if (name == "default")
            {
                if (!hasDefault) metadata.Add("tokenizer.chat_template", template);
                hasDefault = true;
            }
            else if (clean.Length > 0 && !others.Contains(clean))
            {
                others.Add(clean);
                metadata.Add($"tokenizer.chat_template.{clean}", template);
            }
        }
        if (others.Count > 0) metadata.Add("tokenizer.chat_templates", others);
    }
}

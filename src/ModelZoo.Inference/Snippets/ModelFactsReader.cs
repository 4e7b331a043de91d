using System.Text;
using System.Text.Json;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Images;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Snippets;

/// <summary>Reads the small files and the headers that <see cref="ModelFacts"/> come from. A file that is broken says nothing, and nothing fails because of it.</summary>
public static class ModelFactsReader
{
    /// <summary>Configurations have kilobytes; above this they are not looked at.</summary>
    const int MaxConfigBytes = 4 << 20;

    /// <summary>model_max_length of tokenizers that know none is 1e30.</summary>
    const int MaxContext = 16_000_000;

    public static async Task<ModelFacts> ReadAsync(IModelFiles files, CancellationToken stop)
    {
        var config = await FindAsync(files, "config.json", stop);
        var tokenizer = await FindAsync(files, "tokenizer_config.json", stop);
        var facts = new ModelFacts
        {
            Files = files.Files,
            ModelType = config?.Text("model_type"),
            Architectures = config?.Texts("architectures") ?? [],
            IsMultiLabel = config?.Text("problem_type") == "multi_label_classification",
            HasChatTemplate = tokenizer?.Find("chat_template") is not null || files.Files.Any(file => file.Path is "chat_template.jinja" or "chat_template.json"),
            MaxTokens = Least(Length(tokenizer, "model_max_length"), Positions(config)),
            PadId = Length(config, "pad_token_id") ?? 0,
            PadToken = tokenizer?.Text("pad_token") ?? tokenizer?.Find("pad_token")?.Text("content") ?? "[PAD]",
            EndIds = [.. Ids(config).Concat(Ids(await FindAsync(files, "generation_config.json", stop))).Distinct()],
            Pictures = await FindPicturesAsync(files, stop),
            Pooling = (await FindAsync(files, "1_Pooling/config.json", stop))?.Find("pooling_mode_cls_token") is { ValueKind: JsonValueKind.True } ? "cls" : "mean",
            HasUnitLength = await FindBytesAsync(files, "modules.json", stop) is { } modules && Encoding.UTF8.GetString(modules).Contains("models.Normalize", StringComparison.Ordinal),
            GraphPath = RunnableModel.FindGraph(files),
        };
        if (await FindAsync(files, "adapter_config.json", stop) is { } adapter)
            facts = facts with { BaseModel = adapter.Text("base_model_name_or_path"), BaseRevision = adapter.Text("revision") };
        if (facts.GraphPath is { } path && await FindHeaderAsync(files, path, stop) is { Graph: { } graph }) facts = facts with { Graph = graph };
        if (GgufChoice.Find(files.Files) is { } gguf && !facts.HasChatTemplate && await FindHeaderAsync(files, gguf.First, stop) is { } header)
            facts = facts with { HasChatTemplate = header.FindText("tokenizer.chat_template") is not null };
        return facts;
    }

    static async Task<WeightFile?> FindHeaderAsync(IModelFiles files, string path, CancellationToken stop)
    {
        try
        {
            var source = await files.OpenAsync(path, stop);
            using var _ = source as IDisposable;
            return await WeightReader.ReadHeaderAsync(source, stop);
        }
        catch (Exception error) when (error is WeightFormatException or OverflowException or FileNotFoundException)
        {
            return null;
        }
    }

    static async Task<ImagePipeline?> FindPicturesAsync(IModelFiles files, CancellationToken stop)
    {
        try
        {
            return await FindAsync(files, "preprocessor_config.json", stop) is { } json ? ImagePipeline.Read(json) : null;
        }
        catch (InferenceException)
        {
            return null;
        }
    }

    static async Task<byte[]?> FindBytesAsync(IModelFiles files, string path, CancellationToken stop) =>
        files.Files.Any(file => file.Path == path && file.SizeBytes <= MaxConfigBytes) ? await JsonParts.FindBytesAsync(files, path, stop) : null;

    static async Task<JsonElement?> FindAsync(IModelFiles files, string path, CancellationToken stop)
    {
        try
        {
            return await FindBytesAsync(files, path, stop) is { } bytes ? JsonParts.Parse(bytes, path) : null;
        }
        catch (InferenceException)
        {
            return null;
        }
    }

    /// <summary>RoBERTa's first position is the one behind its padding token, so two of the positions are none.</summary>
    static int? Positions(JsonElement? config)
    {
        var stated = Length(config, "max_position_embeddings") ?? Length(config, "n_positions") ?? Length(config, "n_ctx");
        return config?.Text("model_type") is "roberta" or "xlm-roberta" or "camembert" && stated > 2 ? stated - 2 : stated;
    }

    static int? Least(int? a, int? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    static int? Length(JsonElement? parent, string key) =>
        parent?.Find(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && number is >= 0 and <= MaxContext ? (int)number : null;

    static IEnumerable<int> Ids(JsonElement? config) => config?.Find("eos_token_id") switch
    {
        { ValueKind: JsonValueKind.Number } one when one.TryGetInt32(out var id) => [id],
        { ValueKind: JsonValueKind.Array } many => [.. many.EnumerateArray().Take(20).Where(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int _)).Select(item => item.GetInt32())],
        _ => [],
    };

    /// <summary>Null too where the text is no valid Unicode.</summary>
    static string? Text(this JsonElement parent, string key)
    {
        try
        {
            return parent.Find(key) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static IReadOnlyList<string> Texts(this JsonElement parent, string key)
    {
        try
        {
            return parent.Find(key) is { ValueKind: JsonValueKind.Array } list
                ? [.. list.EnumerateArray().Take(20).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)] : [];
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }
}

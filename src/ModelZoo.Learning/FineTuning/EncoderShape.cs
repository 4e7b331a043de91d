using System.Text.Json;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.FineTuning;

/// <summary>Families of encoders, as <c>model_type</c> of config.json says them.</summary>
public enum EncoderFamily { Bert, DistilBert, Roberta, Vit }

/// <summary>What lies between the two matrices of a block.</summary>
public enum EncoderActivation { Gelu, GeluTanh, Relu, Silu }

/// <summary>The dimensions of an encoder and the shares that it drops while it trains, read from config.json.</summary>
public sealed record EncoderShape
{
    const int MaxNumber = 10_000_000;

    /// <summary>The types of models, as config.json says them, that <see cref="Read"/> takes.</summary>
    public static readonly IReadOnlyList<string> ModelTypes = ["bert", "distilbert", "roberta", "xlm-roberta", "vit"];

    public required EncoderFamily Family { get; init; }

    /// <summary>What every name of the backbone begins with, such as <c>bert.</c>.</summary>
    public required string Prefix { get; init; }

    public required int Width { get; init; }

    public required int Depth { get; init; }

    public required int Heads { get; init; }

    /// <summary>Width between the two matrices of a block.</summary>
    public required int Inner { get; init; }

    public EncoderActivation Activation { get; init; }

    /// <summary>What layer normalisation adds to the variance.</summary>
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>Tokens in the table; 0 for pictures.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Rows of the table of positions.</summary>
    public int Positions { get; init; }

    /// <summary>Rows of the table of token types; 0 where there is none.</summary>
    public int Types { get; init; }

    /// <summary>The row of the first token's position: RoBERTa counts from behind its padding token.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Side of the square picture.</summary>
    public int Image { get; init; }

    public int Patch { get; init; }

    public int Channels { get; init; }

    public bool HasQkvBias { get; init; } = true;

    /// <summary>Share of the stream that is dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Share of attention that is dropped in training.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Share of the head's input that is dropped in training.</summary>
    public double HeadDropout { get; init; }

    /// <summary>Deviation of what is drawn for new matrices.</summary>
    public double InitializerRange { get; init; } = 0.02;

    public bool IsText => Family != EncoderFamily.Vit;

    public int HeadWidth => Width / Heads;

    /// <summary>Most tokens of a sample, special ones among them.</summary>
    public int MostTokens => IsText ? Positions - FirstPosition : Positions;

    public int Pixels => Channels * Image * Image;

    /// <summary>The architecture with a head of classes, as transformers names it; XLM-RoBERTa, which is RoBERTa under another name, has a name of its own.</summary>
    public string ClassifierName => Family switch
    {
        EncoderFamily.Bert => "BertForSequenceClassification",
        EncoderFamily.DistilBert => "DistilBertForSequenceClassification",
        EncoderFamily.Roberta => "RobertaForSequenceClassification",
        _ => "ViTForImageClassification",
    };

    /// <summary>With the share that the settings drop in place of the configuration's.</summary>
    public EncoderShape For(FineTuneSettings settings) => settings.Dropout is { } share ? this with { Dropout = share, AttentionDropout = share, HeadDropout = share } : this;

    /// <exception cref="FineTuneException">The configuration is of another architecture, or contradicts itself.</exception>
    public static EncoderShape Read(JsonElement config)
    {
        var type = config.ValueKind == JsonValueKind.Object && config.TryGetProperty("model_type", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        var shape = type switch
        {
            "bert" => Text(config, EncoderFamily.Bert, "bert."),
            "roberta" or "xlm-roberta" => Text(config, EncoderFamily.Roberta, "roberta."),
            "distilbert" => DistilBert(config),
            "vit" => Vit(config),
            _ => throw new FineTuneException($"Models of the type '{type}' are not fine-tuned here; bert, distilbert, roberta, xlm-roberta and vit are. For others, see the generated scripts."),
        };
        if (shape.Width % shape.Heads != 0) throw new FineTuneException($"A width of {shape.Width} does not split into {shape.Heads} heads.");
        if (shape.IsText && Word(config, "position_embedding_type") is { } kind and not "absolute") throw new FineTuneException($"Positions of the kind '{kind}' are not fine-tuned here; absolute ones are.");
        if (shape.MostTokens < 2) throw new FineTuneException("The model takes no tokens.");
        if (shape.Depth > 1000) throw new FineTuneException("The network has more than 1000 layers.");
        return shape;
    }

    static EncoderShape Text(JsonElement config, EncoderFamily family, string prefix) => new()
    {
        Family = family, Prefix = prefix, Width = Whole(config, "hidden_size"), Depth = Whole(config, "num_hidden_layers"), Heads = Whole(config, "num_attention_heads"), Inner = Whole(config, "intermediate_size"),
        Activation = ActivationOf(Word(config, "hidden_act") ?? "gelu"), Epsilon = (float)(Real(config, "layer_norm_eps") ?? 1e-12), Vocabulary = Whole(config, "vocab_size"),
        Positions = Whole(config, "max_position_embeddings"), Types = Whole(config, "type_vocab_size", 2), FirstPosition = family == EncoderFamily.Roberta ? Whole(config, "pad_token_id", 1) + 1 : 0,
        Dropout = Share(config, "hidden_dropout_prob", 0.1), AttentionDropout = Share(config, "attention_probs_dropout_prob", 0.1),
        HeadDropout = Share(config, "classifier_dropout", Share(config, "hidden_dropout_prob", 0.1)), InitializerRange = Real(config, "initializer_range") ?? 0.02,
    };

    static EncoderShape DistilBert(JsonElement config) => new()
    {
        Family = EncoderFamily.DistilBert, Prefix = "distilbert.", Width = Whole(config, "dim"), Depth = Whole(config, "n_layers"), Heads = Whole(config, "n_heads"), Inner = Whole(config, "hidden_dim"),
        Activation = ActivationOf(Word(config, "activation") ?? "gelu"), Vocabulary = Whole(config, "vocab_size"), Positions = Whole(config, "max_position_embeddings"),
        Dropout = Share(config, "dropout", 0.1), AttentionDropout = Share(config, "attention_dropout", 0.1), HeadDropout = Share(config, "seq_classif_dropout", 0.2), InitializerRange = Real(config, "initializer_range") ?? 0.02,
    };

    static EncoderShape Vit(JsonElement config)
    {
        var (image, patch) = (Whole(config, "image_size"), Whole(config, "patch_size"));
        if (image % patch != 0 || image > 4096) throw new FineTuneException($"Pictures of {image} do not split into patches of {patch}.");
        return new()
        {
            Family = EncoderFamily.Vit, Prefix = "vit.", Width = Whole(config, "hidden_size"), Depth = Whole(config, "num_hidden_layers"), Heads = Whole(config, "num_attention_heads"), Inner = Whole(config, "intermediate_size"),
            Activation = ActivationOf(Word(config, "hidden_act") ?? "gelu"), Epsilon = (float)(Real(config, "layer_norm_eps") ?? 1e-12), Positions = image / patch * (image / patch) + 1, Image = image, Patch = patch,
            Channels = Whole(config, "num_channels", 3), HasQkvBias = !(config.TryGetProperty("qkv_bias", out var bias) && bias.ValueKind == JsonValueKind.False),
            Dropout = Share(config, "hidden_dropout_prob", 0), AttentionDropout = Share(config, "attention_probs_dropout_prob", 0), InitializerRange = Real(config, "initializer_range") ?? 0.02,
        };
    }

    static EncoderActivation ActivationOf(string name) => name switch
    {
        "gelu" => EncoderActivation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => EncoderActivation.GeluTanh,
        "relu" => EncoderActivation.Relu,
        "silu" or "swish" => EncoderActivation.Silu,
        _ => throw new FineTuneException($"The activation '{name}' is not known."),
    };

    static int Whole(JsonElement config, string key, int? otherwise = null)
    {
        if (!config.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null) return otherwise ?? throw new FineTuneException($"config.json lacks '{key}'.");
        // A padding token may be number 0.
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number <= MaxNumber && number >= (key == "pad_token_id" ? 0 : 1) ? number : throw new FineTuneException($"'{key}' of config.json is out of range.");
    }

    static double? Real(JsonElement config, string key) => !config.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number is >= 0 and < 1 ? number : throw new FineTuneException($"'{key}' of config.json is out of range.");

    static double Share(JsonElement config, string key, double otherwise) => Real(config, key) ?? otherwise;

    static string? Word(JsonElement config, string key) => config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

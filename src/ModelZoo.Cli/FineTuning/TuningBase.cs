using System.Globalization;
using System.Text.Json;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Models;
using ModelZoo.Inference;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Weights;

namespace ModelZoo.Cli.FineTuning;

/// <summary>The model that one begins with: its shape, its labels, and how texts or pictures become its input.</summary>
sealed class TuningBase
{
    readonly Tokenizer? _tokenizer;
    readonly ImagePipeline? _pipeline;

    TuningBase(string folder, JsonElement config, EncoderShape shape, Tokenizer? tokenizer, ImagePipeline? pipeline, int mostTokens) =>
        (Folder, Config, Shape, _tokenizer, _pipeline, MostTokens) = (folder, config, shape, tokenizer, pipeline, mostTokens);

    public string Folder { get; }

    public JsonElement Config { get; }

    public EncoderShape Shape { get; }

    public int MostTokens { get; }

    /// <summary>The classes of the model's own head by their numbers; empty where it has none.</summary>
    public IReadOnlyList<string> Labels => Config.TryGetProperty("id2label", out var labels) && labels.ValueKind == JsonValueKind.Object
        ? [.. labels.EnumerateObject().Where(label => label.Value.ValueKind == JsonValueKind.String).OrderBy(label => int.TryParse(label.Name, CultureInfo.InvariantCulture, out var id) ? id : int.MaxValue).Select(label => label.Value.GetString()!)] : [];

    public static async Task<TuningBase> OpenAsync(string folder, int? maxLength, CancellationToken stop)
    {
        var files = new FolderFiles(folder);
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path)) throw new FineTuneException(File.Exists(Path.Combine(folder, "adapter_config.json")) ? "This is an adapter. Merge it into its base first (zoo merge-lora), or fine-tune the base." : "The model has no config.json.");
        if (new FileInfo(path).Length > 16 << 20) throw new FineTuneException("config.json is too long.");
        using var json = Parse(await File.ReadAllBytesAsync(path, stop));
        var config = json.RootElement.Clone();
        var shape = EncoderShape.Read(config);
        if (!shape.IsText)
        {
            var processor = Path.Combine(folder, "preprocessor_config.json");
            if (!File.Exists(processor)) throw new FineTuneException("The model does not say how pictures are prepared: it has no preprocessor_config.json.");
            var pipeline = ImagePipeline.Parse(await File.ReadAllBytesAsync(processor, stop)) with { IsGrey = shape.Channels == 1, IsChannelsLast = false };
            if (pipeline is { Size: null, ShortestEdge: null, LongestEdge: null, Crop: null }) pipeline = pipeline with { Size = (shape.Image, shape.Image) };
            return new(folder, config, shape, null, pipeline, shape.MostTokens);
        }
        var tokenizer = await Tokenizer.FindAsync(files, stop) ?? throw new FineTuneException("The model has no tokenizer.json.");
        var most = shape.MostTokens;
        var settings = Path.Combine(folder, "tokenizer_config.json");
        if (File.Exists(settings))
        {
            using var own = Parse(await File.ReadAllBytesAsync(settings, stop));
            if (own.RootElement.TryGetProperty("model_max_length", out var length) && length.ValueKind == JsonValueKind.Number && length.GetDouble() is > 0 and < 1e7 and var limit) most = Math.Min(most, (int)limit);
        }
        if (maxLength is { } asked) most = asked >= 2 ? Math.Min(most, asked) : throw new FineTuneException("A text has at least 2 tokens.");
        return new(folder, config, shape, tokenizer, null, most);
    }

    static JsonDocument Parse(byte[] bytes)
    {
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw new FineTuneException($"A file of the model is not valid JSON: {e.Message}");
        }
    }

    /// <summary>Rows as the network takes them. Pictures stay as they are stored, and are prepared each time they are needed.</summary>
    public EncoderInputs Prepare(IReadOnlyList<TuningRow> rows, CancellationToken stop)
    {
        if (_pipeline is { } pipeline)
        {
            // Small pictures are prepared once; large ones would fill the memory.
            if (rows.Count * (long)Shape.Pixels <= 64 << 20)
            {
                var ready = new float[rows.Count][];
                Parallel.For(0, rows.Count, new ParallelOptions { CancellationToken = stop }, i => ready[i] = Pixels(pipeline, rows[i].Picture!));
                return new PixelInputs(rows.Count, Shape.Pixels, (i, to) => ready[i].CopyTo(to));
            }
            return new PixelInputs(rows.Count, Shape.Pixels, (i, to) => Pixels(pipeline, rows[i].Picture!).CopyTo(to));
        }
        var (rule, ids, types) = (new TruncationRule(MostTokens), new int[rows.Count][], new int[rows.Count][]);
        Parallel.For(0, rows.Count, new ParallelOptions { CancellationToken = stop }, i =>
        {
            var tokens = _tokenizer!.Encode(rows[i].Text!, rows[i].Pair, truncation: rule);
            (ids[i], types[i]) = (tokens.Ids, tokens.TypeIds);
        });
        return new TokenInputs(ids, Shape.Types > 1 ? types : null);
    }

    float[] Pixels(ImagePipeline pipeline, object picture)
    {
        if (picture is NumberArray { Shape: [_, _, _] dims } plane && dims[0] == Shape.Channels && dims[1] == Shape.Image && dims[2] == Shape.Image && plane.Values.Span.IndexOfAnyExceptInRange(-16f, 16f) < 0 && HasFractions(plane))
            return plane.Values.ToArray();
        var image = picture is NumberArray array ? Evaluation.Models.Pixels.ToImage(array) : Image.Decode((ReadOnlyMemory<byte>)picture);
        var numbers = pipeline.Run(image);
        return numbers.Length == Shape.Pixels ? numbers
            : throw new InferenceException(InferenceFault.Input, $"A picture of {image.Width} × {image.Height} becomes {numbers.Length} numbers; the model takes {Shape.Channels} × {Shape.Image} × {Shape.Image}. Its preprocessor_config.json does not bring pictures to one size.");
    }

    /// <summary>Numbers with fractions are no pixels but prepared input.</summary>
    static bool HasFractions(NumberArray array)
    {
        foreach (var value in array.Values.Span)
            if (value != MathF.Floor(value) || value < 0) return true;
        return false;
    }
}

using System.Text.Json;
using ModelZoo.Inference.Files;

namespace ModelZoo.Inference.Images;

/// <summary>From a picture to the numbers that a model takes, as preprocessor_config.json says: colours, resize, centre crop, rescale, normalise, layout.</summary>
public sealed record ImagePipeline
{
    public bool IsGrey { get; init; }

    /// <summary>Exact size to resize to; null: not.</summary>
    public (int Width, int Height)? Size { get; init; }

    /// <summary>Length that the shorter side is resized to, the other in proportion.</summary>
    public int? ShortestEdge { get; init; }

    public int? LongestEdge { get; init; }

    public Resample Resample { get; init; } = Resample.Bilinear;

    public (int Width, int Height)? Crop { get; init; }

    public float Scale { get; init; } = 1 / 255f;

    /// <summary>Taken from each channel after scaling; empty: nothing.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [];

    public IReadOnlyList<float> Deviation { get; init; } = [];

    /// <summary>Blue first, as models of Caffe's line want it.</summary>
    public bool IsBgr { get; init; }

    public bool IsChannelsLast { get; init; }

    public Image Shape(Image image)
    {
        image = IsGrey ? image.ToGrey() : image.ToRgb();
        if (TargetOf(image) is { } target && (target.Width != image.Width || target.Height != image.Height)) image = Resampling.Resize(image, target.Width, target.Height, Resample);
        return Crop is { } crop ? image.CropCentre(crop.Width, crop.Height) : image;
    }

    (int Width, int Height)? TargetOf(Image image)
    {
        if (Size is not null) return Size;
        var (shorter, longer) = (Math.Min(image.Width, image.Height), Math.Max(image.Width, image.Height));
        if (ShortestEdge is { } edge)
        {
            var other = (int)((long)edge * longer / shorter);
            if (LongestEdge is { } most && other > most) (edge, other) = ((int)((long)most * shorter / longer), most);
            return image.Width <= image.Height ? (edge, other) : (other, edge);
        }
        if (LongestEdge is not { } longest) return null;
        var rest = Math.Max(1, (int)((long)longest * shorter / longer));
        return image.Width <= image.Height ? (rest, longest) : (longest, rest);
    }

    /// <summary>[channels, height, width] unless channels come last.</summary>
    public float[] Run(Image image)
    {
        var shaped = Shape(image);
        var numbers = new float[shaped.Pixels.Length];
        Write(shaped, numbers);
        return numbers;
    }

    /// <summary>Shape of what <see cref="Run"/> gives for a picture, with a batch of one in front.</summary>
    public long[] ShapeOf(Image image)
    {
        var target = Crop ?? TargetOf(image) ?? (image.Width, image.Height);
        var channels = IsGrey ? 1 : 3;
        return IsChannelsLast ? [1, target.Height, target.Width, channels] : [1, channels, target.Height, target.Width];
    }

    void Write(Image image, float[] into)
    {
        var (count, channels) = (image.Width * image.Height, image.Channels);
        for (var c = 0; c < channels; c++)
        {
            var from = IsBgr && channels == 3 ? 2 - c : c;
            var (mean, deviation) = (Of(Mean, c, 0), Of(Deviation, c, 1));
            // 256 values are all there are.
            var table = new float[256];
            for (var v = 0; v < 256; v++) table[v] = ((v * Scale) - mean) / deviation;
            for (var i = 0; i < count; i++) into[IsChannelsLast ? (i * channels) + c : (c * count) + i] = table[image.Pixels[(i * channels) + from]];
        }

        static float Of(IReadOnlyList<float> values, int channel, float otherwise) => values.Count == 0 ? otherwise : values[Math.Min(channel, values.Count - 1)];
    }

    /// <summary>Reads preprocessor_config.json.</summary>
    public static ImagePipeline Parse(ReadOnlyMemory<byte> preprocessorConfig) => Read(JsonParts.Parse(preprocessorConfig, "preprocessor_config.json"));

    internal static ImagePipeline Read(JsonElement json)
    {
        var type = json.FindText("image_processor_type") ?? json.FindText("feature_extractor_type") ?? "";
        var pipeline = new ImagePipeline
        {
            Resample = json.FindInt("resample") is { } number ? Enum.IsDefined((Resample)number) ? (Resample)number : throw JsonParts.Bad($"The filter {number} is not known.") : Resample.Bilinear,
            Scale = json.Flag("do_rescale", true) ? (float)(json.FindReal("rescale_factor") ?? 1 / 255.0) : 1,
            Mean = json.Flag("do_normalize", true) ? Floats(json, "image_mean") : [],
            Deviation = json.Flag("do_normalize", true) ? Floats(json, "image_std") : [],
            IsChannelsLast = json.FindText("data_format") == "channels_last",
        };
        if (pipeline.Deviation.Contains(0)) throw JsonParts.Bad("'image_std' holds a zero.");
        if (json.Flag("do_resize", true) && json.Find("size") is { } size) pipeline = WithSize(pipeline, json, size, IsSquareByDefault(type));
        if (json.Flag("do_center_crop") && (json.Find("crop_size") ?? json.Find("size")) is { } crop) pipeline = pipeline with { Crop = ReadSize(crop) };
        return pipeline;
    }

    /// <summary>A bare number is the shorter side for CLIP-like processors and a square for ViT-like ones.</summary>
    static bool IsSquareByDefault(string type) => !type.Contains("CLIP", StringComparison.Ordinal) && !type.Contains("ConvNext", StringComparison.Ordinal) && !type.Contains("Bit", StringComparison.Ordinal);

    static ImagePipeline WithSize(ImagePipeline pipeline, JsonElement json, JsonElement size, bool isSquare)
    {
        if (size.ValueKind == JsonValueKind.Number) return isSquare ? pipeline with { Size = ReadSize(size) } : pipeline with { ShortestEdge = ReadSize(size).Width };
        if (size.FindInt("shortest_edge") is { } shortest)
        {
            // timm and ConvNeXT give the crop, and the share of the resized picture that it is.
            if (json.FindReal("crop_pct") is { } share and > 0 and < 1) return pipeline with { ShortestEdge = Side((int)(shortest / share)), Crop = (Side(shortest), Side(shortest)) };
            return pipeline with { ShortestEdge = Side(shortest), LongestEdge = size.FindInt("longest_edge") is { } most ? Side(most) : null };
        }
        if (size.FindInt("longest_edge") is { } longest) return pipeline with { LongestEdge = Side(longest) };
        return pipeline with { Size = ReadSize(size) };
    }

    static (int Width, int Height) ReadSize(JsonElement size)
    {
        if (size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out var side)) return (Side(side), Side(side));
        var edge = size.FindInt("shortest_edge");
        return (Side(size.FindInt("width") ?? edge ?? 0), Side(size.FindInt("height") ?? edge ?? 0));
    }

    static int Side(int length) => length is > 0 and <= 8192 ? length : throw JsonParts.Bad($"A picture with a side of {length} is out of range.");

    static float[] Floats(JsonElement json, string key) => [.. json.List(key).Take(5).Select(item => item.ValueKind == JsonValueKind.Number ? item.GetSingle() : throw JsonParts.Bad($"'{key}' holds what is no number."))];
}

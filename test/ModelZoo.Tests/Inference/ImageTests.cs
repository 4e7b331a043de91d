using System.Text;
using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Inference.Images;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

public sealed class ImageTests
{
    [Theory]
    [InlineData("pal8.png")]
    [InlineData("bit1.png")]
    [InlineData("ga.png")]
    [InlineData("rgb.bmp")]
    [InlineData("rgb.ppm")]
    public void Formats_without_loss_are_read_exactly(string name)
    {
        var image = Decode(name).ToRgb();
        Assert.Equal(Array(Path.GetFileNameWithoutExtension(name) is "rgb" ? "rgb" : Path.GetFileNameWithoutExtension(name)), image.Pixels);
    }

    [Fact]
    public void Sixteen_bits_of_grey_are_kept()
    {
        var image = Decode("gray16.png");
        var bytes = Array("gray16");
        Assert.Equal(Enumerable.Range(0, bytes.Length / 2).Select(i => BitConverter.ToUInt16(bytes, 2 * i)), image.Deep!);
    }

    [Fact]
    public void Jpegs_come_out_as_the_reference_decoder_has_them()
    {
        using var list = JsonDocument.Parse(File.ReadAllBytes(Models.RequireData("eval/image-pipeline/jpeg.json")));
        foreach (var entry in list.RootElement.EnumerateArray())
        {
            var name = entry.GetProperty("file").GetString()!;
            var image = Decode(name);
            var expected = Array(Path.GetFileNameWithoutExtension(name));
            Assert.Equal(expected.Length, image.Pixels.Length);
            var differences = expected.Zip(image.Pixels, (a, b) => Math.Abs(a - b)).ToList();
            // The vectors allow a mean of 1 and a most of 12 (grey: 4); the same integers in the same order are better than that.
            Assert.True(differences.Max() <= 1 && differences.Average() < 0.01, $"{name}: mean {differences.Average()}, most {differences.Max()}");
        }
    }

    [Fact]
    public void Resizing_cropping_and_scaling_follow_every_vector()
    {
        foreach (var vector in Models.Json(Models.RequireData("eval/image-pipeline/cases.json")).GetProperty("cases").EnumerateArray())
        {
            var image = Image.Decode(File.ReadAllBytes(SharedModels.Require($"squeezenet-fp16/{vector.GetProperty("image").GetString()}")));
            var steps = vector.GetProperty("steps");
            if (steps.TryGetProperty("pre_crop", out var box)) image = image.Crop(box[0].GetInt32(), box[1].GetInt32(), box[2].GetInt32() - box[0].GetInt32(), box[3].GetInt32() - box[1].GetInt32());
            var pipeline = Pipeline(steps);
            var bytes = Array(Path.GetFileNameWithoutExtension(vector.GetProperty("expected").GetString()!));
            var tolerance = vector.GetProperty("tol").GetDouble();
            if (vector.GetProperty("dtype").GetString() == "float32")
                Models.AssertClose([.. Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i))], pipeline.Run(image), tolerance);
            else Models.AssertClose([.. bytes.Select(b => (float)b)], [.. pipeline.Shape(image).Pixels.Select(b => (float)b)], tolerance);
        }
    }

    static ImagePipeline Pipeline(JsonElement steps) => new()
    {
        IsGrey = steps.TryGetProperty("convert", out _),
        Size = steps.TryGetProperty("resize", out var size) ? (size[1].GetInt32(), size[0].GetInt32()) : null,
        ShortestEdge = steps.TryGetProperty("shortest_edge", out var edge) ? edge.GetInt32() : null,
        Resample = steps.TryGetProperty("resample", out var filter) ? Enum.Parse<Resample>(filter.GetString()!, ignoreCase: true) : Resample.Bilinear,
        Crop = steps.TryGetProperty("center_crop", out var crop) ? (crop[1].GetInt32(), crop[0].GetInt32()) : null,
        Scale = steps.TryGetProperty("rescale", out var scale) ? scale.GetSingle() : 1,
        Mean = steps.TryGetProperty("mean", out var mean) ? mean.Floats() : [],
        Deviation = steps.TryGetProperty("std", out var deviation) ? deviation.Floats() : [],
    };

    [Fact]
    public void A_processor_configuration_becomes_a_pipeline()
    {
        var vit = ImagePipeline.Parse("""{"image_processor_type":"ViTImageProcessor","size":{"height":224,"width":224},"resample":2,"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"rescale_factor":0.00392156862745098}"""u8.ToArray());
        Assert.Equal((224, 224), vit.Size);
        Assert.Equal([1, 3, 224, 224], vit.ShapeOf(new(640, 480, 3, [])));
        var clip = ImagePipeline.Parse("""{"feature_extractor_type":"CLIPFeatureExtractor","size":224,"do_center_crop":true,"crop_size":224,"resample":3}"""u8.ToArray());
        Assert.Equal((224, (int?)224, Resample.Bicubic), (clip.Crop!.Value.Width, clip.ShortestEdge, clip.Resample));
        foreach (var bad in (string[])["""{"size":{"height":0,"width":5}}""", """{"size":1e9}""", """{"resample":77}""", """{"image_std":[0]}""", "[]", "{"])
            Assert.Throws<InferenceException>(() => ImagePipeline.Parse(Encoding.UTF8.GetBytes(bad)));
    }

    [Theory]
    [InlineData("prog420.jpg")]
    [InlineData("base422.jpg")]
    [InlineData("pal8.png")]
    [InlineData("gray16.png")]
    [InlineData("rgb.bmp")]
    [InlineData("rgb.ppm")]
    public void Damaged_pictures_are_refused_or_read_but_never_crash(string name)
    {
        var original = File.ReadAllBytes(Models.RequireData($"eval/image-pipeline/{name}"));
        var random = new Random(7);
        for (var round = 0; round < 400; round++)
        {
            var bytes = round % 2 == 0 ? original[..random.Next(original.Length)] : (byte[])original.Clone();
            for (var flips = random.Next(1, 6); flips > 0 && bytes.Length > 8; flips--) bytes[random.Next(8, bytes.Length)] = (byte)random.Next(256);
            try
            {
                Image.Decode(bytes);
            }
            catch (InferenceException)
            {
            }
        }
    }

    [Fact]
    public void Pictures_of_other_kinds_and_of_absurd_size_are_refused_with_the_reason()
    {
        Assert.Contains("WebP", Assert.Throws<InferenceException>(() => Image.Decode("RIFF\0\0\0\0WEBPVP8 "u8.ToArray())).Message);
        Assert.Contains("GIF", Assert.Throws<InferenceException>(() => Image.Decode("GIF89a......"u8.ToArray())).Message);
        Assert.Equal(InferenceFault.Limit, Assert.Throws<InferenceException>(() => Image.Decode("P6 60000 60000 255\n"u8.ToArray())).Fault);
        Assert.Throws<InferenceException>(() => Image.Decode(System.Array.Empty<byte>()));
    }

    static Image Decode(string name) => Image.Decode(File.ReadAllBytes(Models.RequireData($"eval/image-pipeline/{name}")));

    /// <summary>The numbers of an .npy file, as bytes.</summary>
    static byte[] Array(string name)
    {
        var bytes = File.ReadAllBytes(Models.RequireData($"eval/image-pipeline/{name}.npy"));
        return bytes[(10 + BitConverter.ToUInt16(bytes, 8))..];
    }
}

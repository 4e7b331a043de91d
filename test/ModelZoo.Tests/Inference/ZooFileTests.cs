using System.Text;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>zoo.yaml: what models say of themselves that their other files do not.</summary>
public sealed class ZooFileTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task SqueezeNet_sees_the_fish_once_its_file_says_blue_first_and_raw_values()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Models.Require("squeezenet-fp16/SqueezeNet_fp16.onnx"), folder["SqueezeNet_fp16.onnx"]);
        File.Copy(SharedModels.Require("squeezenet-fp16/labels.json"), folder["labels.json"]);
        folder.Write("zoo.yaml", "adapter: onnx-image\nchannel_order: bgr\nscale: 1.0\noutput: probs\nlabels_file: labels.json\n");
        using var model = await RunnableModel.OpenAsync(folder.Path, SessionSettings.Default, s_never);
        Assert.Equal([Capability.ClassifyImages], model.Capabilities);
        var classifier = model.ImageClassifier();
        var fish = Image.Decode(File.ReadAllBytes(SharedModels.Require("squeezenet-fp16/fish.png")));
        var best = classifier.Classify(fish, 2, s_never);
        Assert.Equal((0, "tench, Tinca tinca"), (best[0].Index, best[0].Label));
        Assert.Equal(0.737793, best[0].Score, 1e-3);
        Assert.Equal(389, best[1].Index);
        var golden = File.ReadAllLines(SharedModels.Require("squeezenet-fp16/golden_fish_fp16_cpu.csv")).Select(line => line.Split(',')).Where(cells => float.TryParse(cells[^1], out _)).Select(cells => float.Parse(cells[^1])).ToArray();
        Models.AssertClose(golden.AsSpan(golden.Length - 1000), classifier.Score([fish], s_never)[0], 1e-3);
        folder.Write("zoo.yaml", "adapter: onnx-image\nchannel_order: rgb\nscale: 1.0\n");
        using var wrong = await RunnableModel.OpenAsync(folder.Path, SessionSettings.Default, s_never);
        Assert.Equal(389, wrong.ImageClassifier().Classify(fish, 1, s_never)[0].Index);
    }

    [Fact]
    public async Task A_face_detector_is_read_by_the_rule_that_its_file_gives()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Models.Require("ultraface-rfb-320/version-RFB-320.onnx"), folder["model.onnx"]);
        folder.Write("zoo.yaml", "adapter: onnx-detect\nscale: 0.0078125\nmean: [0.9921875, 0.9921875, 0.9921875]\nlabels: [background, face]\ndetection: {boxes: boxes, scores: scores, format: xyxy, background: 0, min_score: 0.7, max_overlap: 0.3}\n");
        using var model = await RunnableModel.OpenAsync(folder.Path, SessionSettings.Default, s_never);
        Assert.Equal([Capability.DetectObjects], model.Capabilities);
        var found = model.Detector().Detect(Image.Decode(File.ReadAllBytes(SharedModels.Require("squeezenet-fp16/kitten_224.png"))), s_never);
        Assert.All(found, face => Assert.Equal("face", face.Label));
    }

    [Theory]
    [InlineData("adapter: onnx-magic", "adapter")]
    [InlineData("file: ../secret.onnx", "not there")]
    [InlineData("colour: red", "colour")]
    [InlineData("output: [1, 2]", "output")]
    [InlineData("output: maybe", "maybe")]
    [InlineData("std: [0]", "std")]
    [InlineData("size: 100000", "size")]
    [InlineData("mean: &a [1]\nstd: *a", "alias")]
    [InlineData("mean: !!python/object:os.system [1]", "tag")]
    [InlineData("mean: !evil [1]", "tag")]
    [InlineData("- a\n- b", "mapping")]
    [InlineData("scale: 1\nscale: 2", "twice")]
    [InlineData("{{{{", "YAML")]
    [InlineData("detection: {format: polar}", "polar")]
    [InlineData("max_length: -1", "max_length")]
    public async Task What_is_wrong_in_the_file_is_named(string yaml, string word)
    {
        using var folder = new TemporaryFolder();
        folder.Write("zoo.yaml", yaml);
        var refused = await Assert.ThrowsAsync<InferenceException>(async () => (await ZooFile.ReadAsync(new FolderFiles(folder.Path), s_never)).Refine(null));
        Assert.Contains(word, refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Deep_long_and_broken_texts_are_refused_quickly()
    {
        using var folder = new TemporaryFolder();
        foreach (var text in (string[])[new('[', 100_000), "mean: " + new string('[', 5_000), "labels:\n" + string.Concat(Enumerable.Repeat("- x\n", 30_000)), new string('a', 2 << 20), "\"", "a: b: c", "?\n?\n?", "\t"])
        {
            File.WriteAllBytes(folder["zoo.yaml"], Encoding.UTF8.GetBytes(text));
            await Assert.ThrowsAsync<InferenceException>(() => ZooFile.ReadAsync(new FolderFiles(folder.Path), s_never));
        }
        File.WriteAllBytes(folder["zoo.yaml"], [0xFF, 0xFE, 0xFF]);
        await Assert.ThrowsAsync<InferenceException>(() => ZooFile.ReadAsync(new FolderFiles(folder.Path), s_never));
    }
}

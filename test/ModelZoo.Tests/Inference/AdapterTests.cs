using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

public sealed class AdapterTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task A_fish_is_a_tench_and_all_thousand_scores_are_the_published_ones()
    {
        using var session = await Models.OpenAsync("squeezenet-fp16/SqueezeNet_fp16.onnx");
        var labels = Models.Json(SharedModels.Require("squeezenet-fp16/labels.json")).EnumerateObject().Select(label => label.Value.GetString()!).ToList();
        var classifier = new ImageClassifier(session, new ImagePipeline { Size = (224, 224), Scale = 1, IsBgr = true }, labels);
        var image = Image.Decode(File.ReadAllBytes(SharedModels.Require("squeezenet-fp16/fish.png")));
        var best = classifier.Classify(image, 5, s_never);
        Assert.Equal("tench, Tinca tinca", best[0].Label);
        Assert.Equal(0.737793f, best[0].Score, 2e-3f);
        var published = File.ReadAllLines(SharedModels.Require("squeezenet-fp16/golden_fish_fp16_cpu.csv")).Skip(1).Select(line => float.Parse(line.Split(',')[1], CultureInfo.InvariantCulture)).ToArray();
        Models.AssertClose(published, classifier.Score([image], s_never)[0], 1e-3);
    }

    [Fact]
    public async Task Small_colour_pictures_give_their_golden_logits()
    {
        using var session = await Models.OpenAsync("resnet20-cifar10/model.onnx");
        var golden = Models.Golden("resnet20-cifar10");
        var classifier = new ImageClassifier(session, new ImagePipeline { Size = (32, 32), Mean = [0.485f, 0.456f, 0.406f], Deviation = [0.229f, 0.224f, 0.225f] }, [.. golden.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!)]);
        Models.AssertClose(golden.GetProperty("sin_input").GetProperty("logits").Floats(), classifier.Score(Models.Sines(3 * 32 * 32), [1, 3, 32, 32], s_never)[0], 1e-3);
        var kitten = Image.Decode(File.ReadAllBytes(SharedModels.Require("squeezenet-fp16/kitten_224.png")));
        Models.AssertClose(golden.GetProperty("kitten_224_resized_bilinear").Floats(), classifier.Score([kitten], s_never)[0], 0.02);
        Assert.Equal("frog", classifier.Classify(kitten, 2, s_never)[0].Label);
    }

    [Theory]
    [InlineData("mnist-cnn-cntk", 1f, 0f, 1f)]
    [InlineData("mnist-cnn-torch", 1 / 255f, 0.1307f, 0.3081f)]
    public async Task All_ten_thousand_digits_are_right_or_wrong_as_recorded(string folder, float scale, float mean, float deviation)
    {
        using var session = await Models.OpenAsync($"{folder}/{(folder == "mnist-cnn-cntk" ? "mnist" : "model")}.onnx");
        var (pixels, labels) = (Idx("t10k-images-idx3-ubyte.gz", 16), Idx("t10k-labels-idx1-ubyte.gz", 8));
        var classifier = new ImageClassifier(session, new ImagePipeline { IsGrey = true, Scale = scale, Mean = [mean], Deviation = [deviation] }, []);
        var wrong = new List<int>();
        for (var i = 0; i < labels.Length; i += 100)
        {
            var images = Enumerable.Range(i, 100).Select(k => new Image(28, 28, 1, pixels[(784 * k)..(784 * (k + 1))])).ToList();
            var scores = classifier.Score(images, s_never);
            for (var k = 0; k < 100; k++)
                if (Array.IndexOf(scores[k], scores[k].Max()) != labels[i + k]) wrong.Add(i + k);
        }
        Assert.Equal(Models.Golden(folder).GetProperty("wrong_indices").Ints(), wrong);
    }

    [Fact]
    public async Task Texts_are_classified_as_recorded_in_batches_and_alone()
    {
        var (runner, labels) = await OpenBankingAsync();
        var classifier = new TextClassifier(runner, labels);
        foreach (var golden in Models.Golden("banking77-bert-mini").GetProperty("golden").EnumerateArray())
        {
            var text = golden.GetProperty("text").GetString()!;
            Assert.Equal(golden.GetProperty("input_ids").Ints(), runner.Tokenizer.Encode(text).Ids);
            Assert.Equal(golden.GetProperty("predicted").GetString(), classifier.Classify(text, 1, s_never)[0].Label);
            var scores = classifier.Score([(text, null), ("a much longer question about nothing in particular, asked to make the batch uneven", null)], s_never)[0];
            Models.AssertClose(golden.GetProperty("logits_first5").Floats(), scores.AsSpan(0, 5), 1e-3);
            Assert.Equal(golden.GetProperty("max_logit").GetSingle(), scores.Max(), 1e-3f);
        }
    }

    [Fact]
    public async Task Three_thousand_questions_score_what_the_card_says()
    {
        var (runner, labels) = await OpenBankingAsync();
        var classifier = new TextClassifier(runner, labels);
        var texts = ReadCsv(Models.RequireData("eval/banking77/test.csv")).Skip(1).Take(500).ToList();
        var expected = File.ReadLines(SharedModels.Require("banking77-bert-mini/predictions_test.jsonl")).Take(500)
            .Select(line => JsonDocument.Parse(line).RootElement).Select(json => (Label: json.GetProperty("prediction").GetString()!, Score: json.GetProperty("score").GetSingle())).ToList();
        for (var i = 0; i < texts.Count; i += 50)
        {
            var scores = classifier.Score([.. texts.Skip(i).Take(50).Select(row => (row[0], (string?)null))], s_never);
            for (var k = 0; k < scores.Length; k++)
            {
                var best = Array.IndexOf(scores[k], scores[k].Max());
                Assert.Equal(expected[i + k].Label, labels[best]);
            }
        }
    }

    [Fact]
    public async Task Embeddings_have_length_one_and_do_not_depend_on_their_batch()
    {
        var (runner, _) = await OpenBankingAsync();
        foreach (var pooling in Enum.GetValues<Pooling>())
        {
            var embedder = new TextEmbedder(runner, pooling);
            var together = embedder.Embed(["How do I locate my card?", "Where is my card?", "I want to close my account, and quickly, because I am moving abroad"], s_never);
            Assert.All(together, vector => Assert.Equal(1, vector.Sum(x => (double)x * x), 1e-5));
            Models.AssertClose(embedder.Embed(["How do I locate my card?"], s_never)[0], together[0], 1e-4);
            Assert.True(Dot(together[0], together[1]) > Dot(together[0], together[2]));
        }

        static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
    }

    [Fact]
    public async Task Faces_are_found_on_noise_only_where_scores_say_so()
    {
        using var session = await Models.OpenAsync("ultraface-rfb-320/version-RFB-320.onnx");
        var pipeline = new ImagePipeline { Size = (320, 240), Scale = 1 / 128f, Mean = [127 / 128f] };
        var detector = new Detector(session, pipeline, ["background", "face"], new() { Background = 0, MinScore = 0.7f });
        var image = Image.Decode(File.ReadAllBytes(SharedModels.Require("squeezenet-fp16/kitten_224.png")));
        Assert.All(detector.Detect(image, s_never), face => Assert.True(face is { Label: "face", Score: >= 0.7f } && face.Left < face.Right));
        var found = detector.Decode([0, 0, .5f, .5f, .01f, .01f, .5f, .5f, .6f, .6f, .9f, .9f, 0, 0, 1, 1], [.1f, .9f, .2f, .8f, .1f, .9f, .9f, float.NaN], 100, 100);
        Assert.Equal([(0, 50), (60, 90)], found.Select(face => ((int)MathF.Round(face.Left), (int)MathF.Round(face.Right))));
    }

    [Fact]
    public async Task A_forest_classifies_rows_and_refuses_rows_of_other_widths()
    {
        using var session = await Models.OpenAsync("onnx-shapes/sklearn_randomforest.onnx");
        var model = new TabularModel(session);
        var predictions = model.Predict([[5.1f, 3.5f, 1.4f, 0.2f], [6.7f, 3, 5.2f, 2.3f], [5.9f, 3, 4.2f, 1.5f]], s_never);
        Assert.Equal(["0", "2", "1"], predictions.Select(prediction => prediction.Label));
        Assert.Equal(0.98f, predictions[2].Scores.First(score => score.Key == "1").Value, 1e-4f);
        Assert.Contains("Row 0 has 3", Assert.Throws<InferenceException>(() => model.Predict([[1, 2, 3]], s_never)).Message);
    }

    static async Task<(TextRunner Runner, string[] Labels)> OpenBankingAsync()
    {
        var session = await Models.OpenAsync("banking77-bert-mini/onnx/model.onnx");
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("banking77-bert-mini/tokenizer.json")));
        var labels = Models.Json(SharedModels.Require("banking77-bert-mini/config.json")).GetProperty("id2label").EnumerateObject().OrderBy(label => int.Parse(label.Name, CultureInfo.InvariantCulture)).Select(label => label.Value.GetString()!).ToArray();
        return (new(session, tokenizer, 64), labels);
    }

    static byte[] Idx(string name, int header)
    {
        using var file = new GZipStream(File.OpenRead(Models.RequireData($"eval/mnist-t10k/{name}")), CompressionMode.Decompress);
        using var all = new MemoryStream();
        file.CopyTo(all);
        return all.ToArray()[header..];
    }

    static IEnumerable<string[]> ReadCsv(string path)
    {
        foreach (var row in File.ReadAllText(path).Replace("\r\n", "\n").Split('\n'))
        {
            if (!row.StartsWith('"')) yield return [row[..Math.Max(0, row.LastIndexOf(','))]];
            else yield return [row[1..row.LastIndexOf('"')].Replace("\"\"", "\"")];
        }
    }
}

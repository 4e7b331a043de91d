using System.Text.Json;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;
using ModelZoo.Tests.Inference;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>The acceptance scenarios of evaluation.md, part h, over real models and data.</summary>
public sealed class EvaluationRunTests
{
    [Fact]
    public async Task Ten_thousand_digits_score_what_two_models_are_known_to_score()
    {
        using var cntk = Runs.CntkModel();
        using var torch = Runs.MnistModel("mnist-cnn-torch", """{"do_resize": false, "image_mean": [0.1307], "image_std": [0.3081]}""");
        var data = Runs.DataFolder("eval/mnist-t10k/t10k-images-idx3-ubyte.gz");
        using var output = new Folder();
        var first = await Runs.RunAsync(Runs.Task(Runs.Mnist), cntk.Path, data, output["cntk"], plan => plan with { Concurrency = 2 });
        var acc = first.Get("acc");
        Assert.Equal((0.9891, 10_000, 10_000), (acc.Value, acc.N, acc.Dataset!.NOriginal));
        Assert.Equal((0.9868688476, 0.9909555252), (Math.Round(acc.Ci95!.Low, 10), Math.Round(acc.Ci95.High, 10)));
        Assert.Null(acc.Unranked);
        Assert.Equal("tensor", acc.Protocol.Scoring);
        Assert.StartsWith("onnxruntime 1.", acc.Harness.Engine, StringComparison.Ordinal);
        var groups = first.Scores.Where(score => score.Subgroup is not null).ToList();
        Assert.Equal(Enumerable.Range(0, 10).Select(digit => $"{digit}"), groups.Select(score => score.Subgroup));
        Assert.Equal(10_000, groups.Sum(score => score.N));
        var lines = Runs.Lines(first.Tasks[0].SamplesPath!);
        Assert.Equal(Models.Golden("mnist-cnn-cntk").GetProperty("wrong_indices").Ints(), lines.Where(line => line.GetProperty("acc").GetDouble() == 0).Select(line => line.GetProperty("doc_id").GetInt32()));

        var second = await Runs.RunAsync(Runs.Task(Runs.Mnist), torch.Path, data, output["torch"]);
        Assert.Equal(0.9915, second.Get("acc").Value);
        Assert.Equal(1.0, second.Get("top_k_acc").Value);
        Assert.Equal(0.030435, second.Get("nll").Value!.Value, 1e-5);
        Assert.Equal(acc.Dataset!.Digest, second.Get("acc").Dataset!.Digest);
        Assert.Equal(acc.Task.Hash, second.Get("acc").Task.Hash);
        Assert.NotEqual(acc.Model!.Digest, second.Get("acc").Model!.Digest);
    }

    [Fact]
    public async Task Three_thousand_questions_score_what_the_small_bert_is_known_to_score()
    {
        var labels = Models.Json(SharedModels.Require("banking77-bert-mini/config.json")).GetProperty("id2label").EnumerateObject().Select(label => label.Value.GetString()!).ToList();
        // The task's order of classes is not the model's.
        var task = Runs.Task($$$"""
            task: banking77
            dataset_path: zoo/banking77
            dataset_kwargs: {data_files: {test: test.csv}}
            test_split: test
            output_type: classification
            doc_to_target: category
            metric_list:
              - {metric: acc}
              - {metric: f1, average: macro}
              - {metric: top_k_acc, k: 5}
              - {metric: nll}
              - {metric: ece, bins: 15}
            zoo:
              input: {column: text, kind: text}
              label_names: {{{JsonSerializer.Serialize(labels.Order(StringComparer.Ordinal).Reverse())}}}
            """);
        using var output = new Folder();
        var outcome = await Runs.RunAsync(task, Runs.ModelFolder("banking77-bert-mini/config.json"), Runs.DataFolder("eval/banking77/test.csv"), output.Path, plan => plan with { Concurrency = 2 });
        Assert.Equal(2756 / 3080.0, outcome.Get("acc").Value!.Value, 1e-12);
        Assert.Equal(0.894688, outcome.Get("f1").Value!.Value, 1e-6);
        Assert.Equal(0.972727, outcome.Get("top_k_acc").Value!.Value, 1e-6);
        Assert.Equal(0.471020, outcome.Get("nll").Value!.Value, 1e-5);
        Assert.Equal(0.034903, outcome.Get("ece").Value!.Value, 1e-5);
    }

    [Fact]
    public async Task The_play_has_the_bits_per_byte_of_its_models_card()
    {
        var text = File.ReadAllText(Models.RequireData("eval/tinyshakespeare/input.txt"));
        using var data = new Folder().Write("test.txt", text[(int)(text.Length * 0.95)..]);
        using var output = new Folder();
        var task = Runs.Task("""
            task: tinyshakespeare
            dataset_path: text
            dataset_kwargs: {sample_by: document}
            test_split: test
            output_type: loglikelihood_rolling
            doc_to_text: ""
            doc_to_target: "{{text}}"
            metric_list: [{metric: bits_per_byte}, {metric: byte_perplexity}, {metric: word_perplexity}]
            """);
        var outcome = await Runs.RunAsync(task, Runs.ModelFolder("shakespeare-gpt2/config.json"), data.Path, output.Path);
        Assert.Equal(2.316798, outcome.Get("bits_per_byte").Value!.Value, 1e-5);
        Assert.Equal(4.982253, outcome.Get("byte_perplexity").Value!.Value, 1e-4);
        Assert.False(outcome.Get("bits_per_byte").HigherIsBetter);
        Assert.Equal("24896", Runs.Lines(outcome.Tasks[0].SamplesPath!)[0].GetProperty("resps")[0][0][1].GetString());
    }

    [Theory]
    [InlineData("anaphor_gender_agreement", 0.401)]
    [InlineData("anaphor_number_agreement", 0.529)]
    [InlineData("determiner_noun_agreement_1", 0.694)]
    [InlineData("passive_1", 0.567)]
    [InlineData("regular_plural_subject_verb_agreement_1", 0.46)]
    [InlineData("wh_island", 0.475)]
    public async Task Minimal_pairs_score_what_the_models_card_says(string name, double expected)
    {
        using var output = new Folder();
        var outcome = await Runs.RunAsync(Runs.Task(Runs.Blimp(name)), Runs.ModelFolder("shakespeare-gpt2/config.json"), Runs.DataFolder("eval/blimp/passive_1.jsonl"), output.Path, plan => plan with { Concurrency = 2 });
        Assert.Equal(expected, outcome.Get("acc").Value!.Value, 1e-12);
        Assert.Equal(1000, outcome.Get("acc").N);
    }

    [Fact]
    public async Task What_a_run_writes_is_in_the_shape_of_lm_evaluation_harness_and_says_what_it_is_a_score_of()
    {
        using var output = new Folder();
        var outcome = await Runs.RunAsync(Runs.Task(Runs.Blimp("passive_1")), Runs.ModelFolder("shakespeare-gpt2/config.json"), Runs.DataFolder("eval/blimp/passive_1.jsonl"), output.Path,
            plan => plan with { Limit = 20, Model = new("zoo/shakespeare", new string('a', 40), null), Dataset = new(plan.Dataset!.Folder, "zoo/blimp", new string('b', 40)) });
        var record = outcome.Get("acc");
        Assert.Equal(("zoo/shakespeare", new string('a', 40), 20), (record.Model!.Repo, record.Model.Revision, record.N));
        Assert.Equal(("zoo/blimp", "passive_1", "train", 1000, 20), (record.Dataset!.Repo, record.Dataset.Config, record.Dataset.Split, record.Dataset.NOriginal, record.Dataset.NEffective));
        Assert.Equal((0, "loglikelihood", 20), (record.Protocol.NumFewshot, record.Protocol.Scoring, record.Protocol.Limit));
        Assert.Contains("20 samples", record.Unranked, StringComparison.Ordinal);
        Assert.All([record.Model.Digest, record.Dataset.Digest, record.Task.Hash, record.Samples!.Digest], digest => Assert.Equal(64, digest!.Length));
        Assert.Equal(outcome.Scores.Count, ScoreRecords.Parse(File.ReadAllBytes(outcome.ScoresPath)).Count);

        var line = Runs.Lines(outcome.Tasks[0].SamplesPath!)[3];
        Assert.Equal(["doc_id", "id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash", "acc"], line.EnumerateObject().Select(property => property.Name));
        Assert.Equal(" " + line.GetProperty("doc").GetProperty("sentence_good").GetString(), line.GetProperty("arguments").GetProperty("gen_args_0").GetProperty("arg_1").GetString());
        Assert.Matches(@"^-\d+\.\d+$", line.GetProperty("resps")[0][0][0].GetString());
        Assert.Contains(line.GetProperty("resps")[0][0][1].GetString(), new[] { "True", "False" });
        var results = Models.Json(outcome.ResultsPath);
        Assert.Equal(record.Value, results.GetProperty("results").GetProperty("blimp_passive_1").GetProperty("acc,none").GetDouble());
        Assert.Equal(20, results.GetProperty("n-samples").GetProperty("blimp_passive_1").GetProperty("effective").GetInt32());
        Assert.Equal(JsonValueKind.Number, results.GetProperty("config").GetProperty("limit").ValueKind);
    }

    [Fact]
    public async Task Hashes_of_documents_are_those_of_python()
    {
        using var data = new Folder().Write("test.jsonl", """{"text": "é \"q\"\n/", "n": [1, {"a": 0.00001}], "e": [], "b": true, "x": null}""" + "\n");
        using var output = new Folder();
        var task = Runs.Task("""
            task: one
            dataset_path: json
            test_split: test
            output_type: loglikelihood
            doc_to_text: "{{text}}"
            doc_to_target: " x"
            metric_list: [{metric: acc}]
            """);
        var outcome = await Runs.RunAsync(task, Runs.ModelFolder("shakespeare-gpt2/config.json"), data.Path, output.Path);
        // python3: hashlib.sha256(json.dumps(doc, indent=2, ensure_ascii=False).encode()).hexdigest()
        Assert.Equal("6dd06e775fa5239cd0a30cbbc56075c955eebe6f7f9001ed38b77e8f759c9eb7", Runs.Lines(outcome.Tasks[0].SamplesPath!)[0].GetProperty("doc_hash").GetString());
    }

    [Fact]
    public async Task Groups_pool_their_members()
    {
        using var output = new Folder();
        var members = new[] { "passive_1", "wh_island" }.Select(name => Runs.Task(Runs.Blimp(name))).ToList();
        var group = new ModelZoo.Evaluation.Tasks.TaskGroup("blimp", null, [.. members.Select(task => new ModelZoo.Evaluation.Tasks.TaskGroup.Member(task, null))], [new("acc", null, "mean", true)], new Dictionary<string, object?>());
        var outcome = await Runs.RunAsync(members[0], Runs.ModelFolder("shakespeare-gpt2/config.json"), Runs.DataFolder("eval/blimp/passive_1.jsonl"), output.Path, plan => plan with { Tasks = members, Group = group, Limit = 100 });
        var (first, second) = (outcome.Tasks[0].Scores[0], outcome.Tasks[1].Scores[0]);
        var whole = outcome.Scores.Single(score => score.Task.Id == "blimp");
        Assert.Equal((first.Value!.Value + second.Value!.Value) / 2, whole.Value!.Value, 1e-12);
        Assert.Equal(200, whole.N);
        Assert.Equal(whole.Value, Models.Json(outcome.ResultsPath).GetProperty("groups").GetProperty("blimp").GetProperty("acc,none").GetDouble());
    }

    [Fact]
    public async Task A_picture_of_a_fish_is_a_tench()
    {
        var (model, golden) = (SharedModels.Require("squeezenet-fp16/SqueezeNet_fp16.onnx"), SharedModels.Require("squeezenet-fp16/fish.png"));
        Models.RequireRuntime();
        using var folder = new Folder().Copy(model, "model.onnx").Write("preprocessor_config.json", """{"size": {"height": 224, "width": 224}, "do_rescale": false}""").Write("zoo.yaml", "adapter: onnx-image\nchannel_order: bgr\nscale: 1\n");
        using var data = new Folder().Copy(golden, "test/tench/fish.png");
        using var output = new Folder();
        var task = Runs.Task("""
            task: fish
            dataset_path: imagefolder
            test_split: test
            output_type: classification
            doc_to_target: label
            metric_list: [{metric: acc}, {metric: nll}]
            zoo: {input: {column: image, kind: image}}
            """);
        var outcome = await Runs.RunAsync(task, folder.Path, data.Path, output.Path);
        Assert.Equal(1.0, outcome.Get("acc").Value);
        Assert.Equal(-Math.Log(0.7378), outcome.Get("nll").Value!.Value, 5e-3);
        var scores = Runs.Lines(outcome.Tasks[0].SamplesPath!)[0].GetProperty("resps")[0][0].EnumerateArray().Select(score => score.GetSingle()).ToArray();
        var published = File.ReadAllLines(SharedModels.Require("squeezenet-fp16/golden_fish_fp16_cpu.csv")).Skip(1).Select(row => float.Parse(row.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Models.AssertClose(published, scores, 1e-3);
    }
}

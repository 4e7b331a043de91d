using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Hub.Tests.Evaluations;

/// <summary>Models and benchmarks for tests of runs: the demo zoo's classifier, questions to it, and graphs that misbehave.</summary>
static class MeasuredRepositories
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    static string Demo(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "demo", path);
    }

    public static void RequireRuntime()
    {
        if (OnnxRuntime.Missing is { } reason) Assert.Skip($"Models cannot run here: {reason}");
    }

    /// <summary>The classifier of the demo zoo.</summary>
    public static async Task<string> ClassifierAsync(TestActor owner, bool isPrivate = false)
    {
        var repo = await owner.CreateAsync(isPrivate: isPrivate);
        var graph = await File.ReadAllBytesAsync(Demo("models/banking77-bert-mini/onnx/model.onnx"));
        var oid = await owner.UploadAsync(repo, graph);
        await owner.CommitAsync(repo,
            [.. new[] { "config.json", "tokenizer.json", "tokenizer_config.json" }.Select(name => TestActor.File(name, File.ReadAllBytes(Demo($"models/banking77-bert-mini/{name}")))),
            TestActor.Large("onnx/model.onnx", oid, graph.Length)]);
        return repo;
    }

    /// <summary>Questions to a bank, as often as asked for; each a little different.</summary>
    public static async Task<string> QuestionsAsync(TestActor owner, int count, bool isPrivate = false, string extra = "")
    {
        var repo = await owner.CreateAsync(type: "dataset", isPrivate: isPrivate);
        var rows = File.ReadAllLines(Demo("datasets/teller-questions/test.jsonl")).Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        var lines = Enumerable.Range(0, count).Select(i => JsonSerializer.Serialize(new { id = $"q{i}", text = $"{rows[i % rows.Count]["text"]}{(i < rows.Count ? "" : $" ({i})")}", label = (int)rows[i % rows.Count]["label"]! }));
        await owner.CommitAsync($"datasets/{repo}",
            TestActor.File("test.jsonl", string.Join('\n', lines) + "\n"),
            TestActor.File("eval.yaml", "name: Questions\ntasks:\n  - id: teller_questions\n"),
            TestActor.File("tasks/teller_questions.yaml", File.ReadAllText(Demo("datasets/teller-questions/tasks/teller_questions.yaml")) + extra));
        return repo;
    }

    /// <summary>A model of one graph that takes rows of numbers.</summary>
    public static async Task<string> GraphAsync(TestActor owner, byte[] graph)
    {
        var repo = await owner.CreateAsync();
        await owner.CommitAsync(repo, TestActor.File("model.onnx", graph), TestActor.File("config.json", """{"id2label":{"0":"a","1":"b"}}"""));
        return repo;
    }

    public static async Task<string> NumbersAsync(TestActor owner)
    {
        var repo = await owner.CreateAsync(type: "dataset");
        await owner.CommitAsync($"datasets/{repo}",
            TestActor.File("test.jsonl", string.Join('\n', Enumerable.Range(0, 8).Select(i => $$"""{"x":[{{i}},1],"label":{{i % 2}}}""")) + "\n"),
            TestActor.File("tasks/numbers.yaml", "task: numbers\ndataset_path: zoo/numbers\ntest_split: test\noutput_type: classification\ndoc_to_target: label\nmetric_list: [{metric: acc}]\nzoo:\n  loader: jsonl\n  input: {column: x, kind: tensor}\n  limits: {seconds: 5, memory_mb: 400}\n"));
        return repo;
    }

    /// <summary>A loop that never ends, around whatever comes in.</summary>
    public static byte[] EndlessGraph()
    {
        var body = new GraphBuilder("body");
        body.Input("i", ElementType.Int64);
        body.Input("go", ElementType.Bool);
        body.Input("x", ElementType.Float, "n", 2);
        body.Name("Identity", ["go"], "go_on");
        body.Name("Sin", ["x"], "x_next");
        body.Output("go_on", ElementType.Bool);
        body.Output("x_next", ElementType.Float, "n", 2);
        var graph = new GraphBuilder("endless");
        graph.Input("input", ElementType.Float, "n", 2);
        graph.Name("Loop", [graph.Scalar(long.MaxValue), graph.Scalar(true), "input"], "scores", ("body", body));
        graph.Output("scores", ElementType.Float, "n", 2);
        return graph.ToBytes();
    }

    /// <summary>A graph that grows what comes in to more than any machine has.</summary>
    public static byte[] HungryGraph()
    {
        var graph = new GraphBuilder("hungry");
        graph.Input("input", ElementType.Float, "n", 2);
        // Each step puts the numbers together with themselves: 2^36 rows in the end.
        var rows = "input";
        for (var i = 0; i < 36; i++)
        {
            graph.Name("Concat", [rows, rows], $"rows{i}", ("axis", 0L));
            rows = $"rows{i}";
        }
        graph.Name("Neg", [rows], "scores");
        graph.Output("scores", ElementType.Float, "m", 2);
        return graph.ToBytes();
    }

    public static Task<JsonNode> BeginAsync(this TestActor actor, string model, string benchmark, string? task = null, int? limit = null, bool again = false) =>
        actor.PostJsonAsync("/api/zoo/evaluations", new { model, benchmark, task, limit, again });

    /// <summary>The evaluation once it has ended.</summary>
    public static async Task<JsonNode> EndAsync(this TestActor actor, JsonNode begun)
    {
        var until = DateTime.UtcNow + Patience;
        while (DateTime.UtcNow < until)
        {
            var now = await actor.GetJsonAsync($"/api/zoo/evaluations/{begun["id"]}");
            if ((string?)now["state"] is not ("waiting" or "running")) return now;
            await Task.Delay(100);
        }
        throw new TimeoutException($"The evaluation did not end: {await actor.GetJsonAsync($"/api/zoo/evaluations/{begun["id"]}")}");
    }

    /// <summary>Waits until it has done some samples.</summary>
    public static async Task<JsonNode> UnderWayAsync(this TestActor actor, JsonNode begun, int samples)
    {
        var until = DateTime.UtcNow + Patience;
        while (DateTime.UtcNow < until)
        {
            var now = await actor.GetJsonAsync($"/api/zoo/evaluations/{begun["id"]}");
            if ((int)now["samplesDone"]! >= samples) return now;
            Assert.True((string?)now["state"] is "waiting" or "running", $"{now}");
            await Task.Delay(50);
        }
        throw new TimeoutException("The evaluation did not get under way.");
    }
}

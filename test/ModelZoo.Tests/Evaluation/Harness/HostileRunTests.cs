using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Tests.Inference;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>Models that give no numbers or never end, endpoints that fail, programs that misbehave.</summary>
public sealed class HostileRunTests
{
    const string Task = """
        task: toy
        dataset_path: json
        test_split: test
        output_type: classification
        doc_to_target: label
        metric_list: [{metric: acc}]
        zoo: {input: {column: x, kind: tensor}}
        """;

    /// <summary>Rows of [x, −x]; the square root of one of them is no number where x is not 0.</summary>
    static Folder Rows(int count, int bad)
    {
        return new Folder().Write("test.jsonl", string.Concat(Enumerable.Range(0, count).Select(i => $"{{\"x\": [{(i < bad ? -1 : 1)}, 4], \"label\": 1}}\n")));
    }

    static async Task<Folder> RootModelAsync()
    {
        Models.RequireRuntime();
        var graph = new GraphBuilder("roots");
        graph.Input("rows", ElementType.Float, "n", 2L);
        graph.Name("Sqrt", ["rows"], "scores");
        graph.Output("scores", ElementType.Float, "n", 2L);
        var folder = new Folder();
        await File.WriteAllBytesAsync(folder["model.onnx"], graph.ToBytes());
        return folder;
    }

    [Fact]
    public async Task An_output_that_is_no_number_is_an_error_and_counts_as_wrong()
    {
        using var model = await RootModelAsync();
        using var data = Rows(300, bad: 2);
        using var output = new Folder();
        var outcome = await Runs.RunAsync(Runs.Task(Task), model.Path, data.Path, output.Path);
        Assert.Equal(2, outcome.Tasks[0].Errors);
        Assert.Equal(298 / 300.0, outcome.Get("acc").Value!.Value, 1e-12);
        Assert.Equal(300, outcome.Get("acc").N);
        Assert.Contains("2 samples", outcome.Get("acc").Unranked, StringComparison.Ordinal);
        var line = Runs.Lines(outcome.Tasks[0].SamplesPath!)[1];
        Assert.Equal(0, line.GetProperty("acc").GetDouble());
        Assert.False(string.IsNullOrEmpty(line.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task More_than_one_error_in_a_hundred_fails_the_run()
    {
        using var model = await RootModelAsync();
        using var data = Rows(300, bad: 4);
        using var output = new Folder();
        var failed = await Assert.ThrowsAsync<EvaluationException>(() => Runs.RunAsync(Runs.Task(Task), model.Path, data.Path, output.Path));
        Assert.Contains("4 of 300", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_never_ends_is_given_up()
    {
        Models.RequireRuntime();
        var body = new GraphBuilder("body");
        body.Input("i", ElementType.Int64);
        body.Input("again", ElementType.Bool);
        body.Input("state", ElementType.Float, "n", 2L);
        body.Name("Identity", ["again"], "still");
        body.Name("Add", ["state", "state"], "next");
        body.Output("still", ElementType.Bool);
        body.Output("next", ElementType.Float, "n", 2L);
        var graph = new GraphBuilder("endless");
        graph.Input("rows", ElementType.Float, "n", 2L);
        graph.Name("Loop", [graph.Scalar(long.MaxValue), graph.Scalar(true), "rows"], "scores", ("body", body));
        graph.Output("scores", ElementType.Float, "n", 2L);
        using var model = new Folder().Write("model.onnx", graph.ToBytes());
        using var data = Rows(10, bad: 0);
        using var output = new Folder();
        var failed = await Assert.ThrowsAsync<EvaluationException>(() => Runs.RunAsync(Runs.Task(Task), model.Path, data.Path, output.Path, plan => plan with { BatchTimeout = TimeSpan.FromMilliseconds(500) }));
        Assert.Contains("did not answer", failed.Message, StringComparison.Ordinal);
        failed = await Assert.ThrowsAsync<EvaluationException>(() => Runs.RunAsync(Runs.Task(Task.Replace("kind: tensor}", "kind: tensor}, limits: {seconds: 0.5}", StringComparison.Ordinal)), model.Path, data.Path, output.Path));
        Assert.Contains("longer than", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_task_that_a_model_cannot_answer_is_said_before_anything_is_read()
    {
        using var model = await RootModelAsync();
        using var output = new Folder();
        using var data = Rows(3, bad: 0);
        var refused = await Assert.ThrowsAsync<EvaluationException>(() => Runs.RunAsync(Runs.Task(Runs.Blimp("x")), model.Path, data.Path, output.Path));
        Assert.Contains("'loglikelihood'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FakeServer.Vllm, "loglikelihood", 1.0)]
    [InlineData(FakeServer.LlamaCpp, "first_token", 0.5)]
    [InlineData(FakeServer.Chat, "generated", 0.5)]
    public async Task Endpoints_answer_choices_in_the_mode_that_they_can(FakeServer kind, string scoring, double acc)
    {
        await using var fake = await FakeEndpoint.StartAsync(kind);
        // The first gold is 'B', which all three prefer; of the second only the log-probabilities know.
        using var data = new Folder().Write("test.jsonl", """
            {"q": "one", "choices": ["A", "B"], "gold": 1}
            {"q": "two", "choices": ["grass", "a blue sky"], "gold": 0}
            """);
        using var output = new Folder();
        if (kind == FakeServer.Vllm) data.Write("test.jsonl", File.ReadAllText(data["test.jsonl"]).Replace("\"A\"", "\"AA\"", StringComparison.Ordinal));
        var task = Runs.Task("""
            task: choices
            dataset_path: json
            test_split: test
            output_type: multiple_choice
            doc_to_text: "{{q}}"
            doc_to_choice: "{{choices}}"
            doc_to_target: gold
            metric_list: [{metric: acc}]
            """);
        var outcome = await EvaluationRun.RunAsync(new() { Tasks = [task], Endpoint = new(fake.Address) { Key = "secret-key" }, Dataset = new(data.Path), OutputFolder = output.Path }, null, default);
        Assert.Equal(scoring, outcome.Get("acc").Protocol.Scoring);
        Assert.Equal(acc, outcome.Get("acc").Value);
        Assert.Equal("fake", outcome.Get("acc").Model!.Repo);
        Assert.All(Directory.GetFiles(output.Path), file => Assert.DoesNotContain("secret-key", File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_program_runs_apart_or_not_at_all()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/python3")) Assert.Skip("SKIPPED: there is no /usr/bin/python3.");
        if (!ProgramSandbox.Isolates) Assert.Skip("SKIPPED: this system gives no namespaces (unshare).");
        var sandbox = new ProgramSandbox(MemoryBytes: 512 << 20);
        var time = TimeSpan.FromSeconds(20);
        Assert.True(await sandbox.PassesAsync("assert 1 + 1 == 2", time, default));
        Assert.False(await sandbox.PassesAsync("assert 1 + 1 == 3", time, default));
        Assert.False(await sandbox.PassesAsync("while True: pass", TimeSpan.FromSeconds(1), default));
        Assert.False(await sandbox.PassesAsync("x = bytearray(1 << 30)", time, default));
        Assert.True(await sandbox.PassesAsync("import socket\ntry:\n    socket.create_connection(('127.0.0.1', 22), 1)\nexcept OSError: pass\nelse: raise SystemExit(1)", time, default));
        Assert.True(await sandbox.PassesAsync("import os\nassert 'MODELZOO' not in ' '.join(os.environ)\nassert os.getpid() < 100", time, default));
        Assert.True(await sandbox.PassesAsync("print('x' * 10_000_000)", time, default));
    }
}

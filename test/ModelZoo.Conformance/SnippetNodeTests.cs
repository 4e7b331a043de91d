using System.Text.Json;
using ModelZoo.Conformance.Harness;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Weights;

namespace ModelZoo.Conformance;

/// <summary>The JavaScript files of real models, each written by `zoo snippet`, run as it is, and held against the model's golden answers.</summary>
public sealed class SnippetNodeTests(HubProcess hub)
{
    [Fact]
    public async Task Files_of_a_classifier_give_its_golden_answers()
    {
        await NodeClient.InstallAsync();
        using var work = await SnippetWorkplace.CreateAsync(hub, Demo("banking77-bert-mini"));
        var golden = Golden("banking77-bert-mini").GetProperty("golden").EnumerateArray().Select(one => (Text: one.GetProperty("text").GetString()!, Label: one.GetProperty("predicted").GetString()!)).ToList();

        var once = SnippetWorkplace.Lines(await work.NodeAsync("onnx.mjs", [.. golden.Select(one => one.Text)]));
        Assert.Equal(golden.Select(one => one.Label), once.Select(Label));
        Assert.Equal(golden[0].Label, Label(JsonDocument.Parse(await work.NodeAsync("transformers.mjs", golden[0].Text)).RootElement[0]));

        // Batches pad: scores stay the same as one by one.
        var (inputs, outputs) = (work.Scratch("in.jsonl"), work.Scratch("out.jsonl"));
        await File.WriteAllLinesAsync(inputs, [.. golden.Select((one, i) => JsonSerializer.Serialize(new { id = $"g{i}", text = one.Text })), "", "no json", """{"text": 5}""", JsonSerializer.Serialize(golden[0].Text)]);
        await work.NodeAsync("batch.mjs", inputs, outputs, "--batch-size", "4");
        var lines = SnippetWorkplace.Lines(await File.ReadAllTextAsync(outputs));
        Assert.Equal(Enumerable.Range(0, golden.Count + 3), lines.Select(line => line.GetProperty("index").GetInt32()));
        Assert.Equal([.. golden.Select(one => one.Label), "error", "error", golden[0].Label], lines.Select(line => line.TryGetProperty("error", out _) ? "error" : Label(line)));
        Assert.Equal("g1", lines[1].GetProperty("id").GetString());
        for (var i = 0; i < golden.Count; i++) Assert.Equal(Score(once[i]), Score(lines[i]), 1e-5);
        await CheckResumeAsync(inputs, outputs, arguments => work.NodeAsync("batch.mjs", arguments), () => RefusedAsync(work, "batch.mjs", inputs, outputs));

        await File.WriteAllTextAsync(work.Scratch("in.csv"), "id,text\r\na,\"" + golden[0].Text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"\r\nb,\"two,\nlines and \"\"quotes\"\"\"\r\n");
        await work.NodeAsync("batch.mjs", work.Scratch("in.csv"), work.Scratch("csv.jsonl"));
        var rows = SnippetWorkplace.Lines(await File.ReadAllTextAsync(work.Scratch("csv.jsonl")));
        Assert.Equal(["a", "b"], rows.Select(row => row.GetProperty("id").GetString()));
        Assert.Equal(Score(once[0]), Score(rows[0]), 1e-5);

        using var server = await SnippetServer.StartAsync("node", [work.FileOf("server.mjs"), "--port", "0"], work.Settings());
        Assert.Equal(work.List.Commit, (await server.HealthAsync()).GetProperty("commit").GetString());
        Assert.Equal([golden[0].Label, golden[1].Label], (await server.InferAsync(golden[0].Text, new { text = golden[1].Text })).Select(Label));
        foreach (var bad in (string[])["", "[]", "{}", """{"inputs": []}""", """{"inputs": [5]}""", """{"inputs": "x"}""", "null"]) Assert.Equal(400, await server.StatusAsync(bad));
        Assert.Equal(413, await server.StatusAsync(new string(' ', 17 << 20)));
        Assert.Equal(404, await server.StatusAsync("{}", "/else"));
        Assert.Single(await server.InferAsync(golden[0].Text));
    }

    [Fact]
    public async Task Files_of_a_language_model_continue_its_golden_texts()
    {
        await NodeClient.InstallAsync();
        using var work = await SnippetWorkplace.CreateAsync(hub, Demo("shakespeare-gpt2"));
        var expected = await ContinuationsAsync("shakespeare-gpt2");
        var answers = SnippetWorkplace.Lines(await work.NodeAsync("onnx.mjs", [.. expected.Select(one => one.Prompt)]));
        for (var i = 0; i < expected.Count; i++) Assert.StartsWith(expected[i].Text, answers[i].GetProperty("text").GetString(), StringComparison.Ordinal);
        var written = JsonDocument.Parse(await work.NodeAsync("transformers.mjs", expected[0].Prompt)).RootElement[0].GetProperty("generated_text").GetString();
        Assert.StartsWith(expected[0].Prompt + expected[0].Text, written, StringComparison.Ordinal);
        await work.NodeAsync("download.mjs");
    }

    [Fact]
    public async Task A_private_model_is_fetched_with_the_readers_token_and_not_without()
    {
        await NodeClient.InstallAsync();
        var model = TinyModels.Rows();
        using var work = await SnippetWorkplace.CreateAsync(hub, model, isPrivate: true);
        Directory.Delete(model, recursive: true);
        var refused = await ClientProcess.RunAsync("node", [work.FileOf("onnx.mjs"), "[1,2,3]"], work.Folder, work.Settings(), TimeSpan.FromMinutes(1));
        Assert.NotEqual(0, refused.ExitCode);
        work.Environment["HF_TOKEN"] = HubProcess.Token;
        var answer = SnippetWorkplace.Lines(await work.NodeAsync("onnx.mjs", "[1,2,3]"))[0];
        Assert.Equal(6, answer.GetProperty("sum")[0].GetDouble());
    }

    [Fact]
    public async Task The_GGUF_file_runs_in_llama_cpp_as_the_original_does()
    {
        var folder = await NodeClient.InstallAsync("llama");
        var model = Demo("shakespeare-gpt2");
        using var work = await SnippetWorkplace.CreateAsync(hub, model, "llama");
        work.Environment["LLAMA_GPU"] = "none";
        work.Environment["LLAMA_THREADS"] = "1";        // threads that wait for each other on a busy machine take minutes
        var expected = await ContinuationsAsync("shakespeare-gpt2");
        Assert.StartsWith(expected[0].Text, await work.NodeAsync("llama.mjs", expected[0].Prompt), StringComparison.Ordinal);

        // And so does what `zoo convert` makes: a Llama of random numbers, run here from its safetensors file and there from the GGUF file.
        var llama = TinyModels.Llama(model);
        var made = work.Scratch("llama.gguf");
        await SnippetWorkplace.ZooAsync(hub, "convert", llama, made, "--quant", "F32");
        await File.WriteAllTextAsync(work.Scratch("golden.json"), JsonSerializer.Serialize(new { greedy = await GreedyAsync(llama, ["ROMEO:", "To be, or not to be", "naïve 漢字"]) }));
        await work.RunAsync("node", [Path.Combine(folder, "greedy.mjs"), made, work.Scratch("golden.json")]);
        Directory.Delete(llama, recursive: true);
    }

    static async Task<List<object>> GreedyAsync(string folder, string[] prompts)
    {
        if (OnnxRuntime.Missing is { } missing) Missing.Skip($"Converted GGUF files were NOT compared: {missing}");
        using var opened = await RunnableModel.OpenAsync(folder, SessionSettings.Default, CancellationToken.None);
        var (model, answers) = (opened.LanguageModel(), new List<object>());
        foreach (var prompt in prompts)
        {
            int[] ids = [.. model.Tokenizer.Encode(prompt).Ids], step = ids;
            var (state, written) = (model.Begin(), new List<int>());
            while (written.Count < 16)
            {
                var logits = model.Advance(state, step, CancellationToken.None);
                var last = logits[^(logits.Length / step.Length)..];
                written.Add(Array.IndexOf(last, last.Max()));
                step = [written[^1]];
            }
            answers.Add(new { prompt, prompt_ids = ids, new_ids = written });
        }
        return answers;
    }

    /// <summary>Nothing again; a cut line anew; other work refused.</summary>
    internal static async Task CheckResumeAsync(string inputs, string outputs, Func<string[], Task<string>> run, Func<Task> refused)
    {
        var whole = await File.ReadAllBytesAsync(outputs);
        Assert.Contains("0 written", await run([inputs, outputs]), StringComparison.Ordinal);
        await File.WriteAllBytesAsync(outputs, whole[..^20]);
        Assert.Contains("1 written", await run([inputs, outputs]), StringComparison.Ordinal);
        Assert.Equal(whole, await File.ReadAllBytesAsync(outputs));
        await File.AppendAllTextAsync(inputs, "\"more\"\n");
        await refused();
        Assert.Equal(whole, await File.ReadAllBytesAsync(outputs));
    }

    static async Task RefusedAsync(SnippetWorkplace work, string snippet, params string[] arguments)
    {
        var finished = await ClientProcess.RunAsync("node", [work.FileOf(snippet), .. arguments], work.Folder, work.Settings(), TimeSpan.FromMinutes(1));
        Assert.Equal(1, finished.ExitCode);
        Assert.Contains("another model, commit or input", finished.Errors, StringComparison.Ordinal);
    }

    internal static string Demo(string name)
    {
        var folder = Locations.FindDemoModel(name);
        if (folder is null) Missing.Skip($"The snippets of {name} were NOT run: it is not in demo/, and MODELZOO_DEMO_MODELS names no folder that holds it.");
        return folder;
    }

    internal static JsonElement Golden(string name) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Demo(name), "golden.json"))).RootElement;

    internal static async Task<List<(string Prompt, string Text)>> ContinuationsAsync(string name)
    {
        var tokenizer = (await Tokenizer.FindAsync(new FolderFiles(Demo(name)), CancellationToken.None))!;
        return [.. Golden(name).GetProperty("greedy").EnumerateArray().Select(one =>
            (one.GetProperty("prompt").GetString()!, tokenizer.Decode([.. one.GetProperty("new_ids").EnumerateArray().Select(id => id.GetInt32())])))];
    }

    internal static string? Label(JsonElement answer) => answer.GetProperty("label").GetString();

    internal static double Score(JsonElement answer) => answer.GetProperty("score").GetDouble();
}

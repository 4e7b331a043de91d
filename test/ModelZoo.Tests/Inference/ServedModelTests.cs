using System.Text.Json.Nodes;
using ModelZoo.Cli;
using ModelZoo.Inference;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Serving;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>Models as they are served: requests in JSON, runs of several requests, messages between hub and worker, and `zoo run`.</summary>
public sealed class ServedModelTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task Likelihoods_by_echo_are_those_of_the_library()
    {
        using var served = await ServedModel.OpenAsync(Folder("shakespeare-gpt2/config.json"), new(), s_never);
        var language = served.Model.LanguageModel();
        foreach (var golden in Models.Golden("shakespeare-gpt2").GetProperty("loglikelihood").EnumerateArray())
        {
            var (context, continuation) = (golden.GetProperty("context").GetString()!.TrimEnd(), golden.GetProperty("continuation").GetString()!);
            if (golden.GetProperty("context").GetString() != context || context.Length == 0) continue;
            var (first, whole) = (language.Tokenizer.EncodeIds(context), language.Tokenizer.EncodeIds(context + continuation));
            var answer = (await served.AskAsync(new() { ["op"] = "complete", ["prompts"] = new JsonArray(new JsonArray([.. whole.Select(id => (JsonNode)id)])), ["max_tokens"] = 1, ["echo"] = true, ["logprobs"] = 1 }, default, null, s_never)).Json;
            var tokens = answer["choices"]![0]!["tokens"]!.AsArray();
            Assert.Equal(whole.Count + 1, tokens.Count);
            var scored = tokens.Skip(first.Count).SkipLast(1).ToList();
            Assert.Equal(golden.GetProperty("loglikelihood").GetDouble(), scored.Sum(token => token!["logprob"]!.GetValue<double>()), 1e-3);
            Assert.Equal(golden.GetProperty("is_greedy").GetBoolean(), scored.All(token => token!["logprob"]!.GetValue<double>() == token["best"]![0]!["logprob"]!.GetValue<double>()));
            Assert.Equal(language.Tokenizer.Decode(whole), string.Concat(tokens.SkipLast(1).Select(token => token!["text"]!.GetValue<string>())));
        }
    }

    [Fact]
    public async Task A_full_context_still_gets_its_one_token()
    {
        using var served = await ServedModel.OpenAsync(Folder("shakespeare-gpt2/config.json"), new(), s_never);
        var ids = new JsonArray([.. Enumerable.Range(0, 128).Select(i => (JsonNode)(i + 50))]);
        var answer = (await served.AskAsync(new() { ["op"] = "complete", ["prompts"] = new JsonArray(ids), ["max_tokens"] = 1 }, default, null, s_never)).Json;
        Assert.Equal(1, answer["completionTokens"]!.GetValue<int>());
        ids = new JsonArray([.. Enumerable.Range(0, 129).Select(i => (JsonNode)(i + 50))]);
        Assert.Equal(InferenceFault.Limit, (await Assert.ThrowsAsync<InferenceException>(() => served.AskAsync(new() { ["op"] = "complete", ["prompts"] = new JsonArray(ids) }, default, null, s_never))).Fault);
    }

    [Fact]
    public void Presence_and_frequency_make_what_was_said_less_likely()
    {
        float[] logits = [1, 0.9f, 0];
        var sampler = new Sampler(new() { FrequencyPenalty = 0.2 });
        Assert.Equal(0, sampler.Choose(logits));
        sampler.Made(0);
        Assert.Equal(1, sampler.Choose(logits));
        sampler.Made(1);
        Assert.Equal(0, sampler.Choose(logits));
        Assert.Equal(2, new Sampler(new() { Bias = new Dictionary<int, double> { [2] = 5 } }).Choose(logits));
    }

    [Fact]
    public async Task Requests_that_come_together_share_runs_and_a_bad_one_spoils_none()
    {
        var sizes = new List<int>();
        using var gate = new ManualResetEventSlim();
        var batcher = new Batcher<int, int>(8, TimeSpan.FromMilliseconds(2), (items, _) =>
        {
            gate.Wait(CancellationToken.None);
            lock (sizes) sizes.Add(items.Count);
            return items.Contains(13) ? throw new InvalidOperationException("unlucky") : [.. items.Select(item => item * item)];
        });
        var asked = Enumerable.Range(0, 20).Select(i => batcher.AskAsync(i, s_never)).ToList();
        gate.Set();
        for (var i = 0; i < 20; i++)
        {
            if (i == 13) await Assert.ThrowsAsync<InvalidOperationException>(() => asked[13]);
            else Assert.Equal(i * i, await asked[i]);
        }
        Assert.True(sizes.Max() is > 1 and <= 8);
        using var gone = new CancellationTokenSource();
        gate.Reset();
        var (first, second) = (batcher.AskAsync(1, s_never), batcher.AskAsync(2, gone.Token));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        Assert.Equal(1, await first);
    }

    [Fact]
    public async Task Messages_arrive_whole_or_are_refused()
    {
        using var sent = new MemoryStream();
        using (var pipe = new FramePipe(Stream.Null, sent))
        {
            await pipe.WriteAsync(new() { ["a"] = "é" }, new byte[] { 1, 2, 3 }, s_never);
            await pipe.WriteAsync(new() { ["b"] = 1 }, default, s_never);
        }
        var bytes = sent.ToArray();
        using (var pipe = new FramePipe(new MemoryStream(bytes), Stream.Null))
        {
            var first = (await pipe.ReadAsync(s_never))!.Value;
            Assert.Equal(("é", 3), (first.Json["a"]!.GetValue<string>(), first.Bytes.Length));
            Assert.Equal(1, (await pipe.ReadAsync(s_never))!.Value.Json["b"]!.GetValue<int>());
            Assert.Null(await pipe.ReadAsync(s_never));
        }
        foreach (var bad in (byte[][])[bytes[..5], [255, 255, 255, 255, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 255, 255, 255, 127, 123, 125], [4, 0, 0, 0, 0, 0, 0, 0, 110, 117, 108, 108], [2, 0, 0, 0, 0, 0, 0, 0, 91, 93], [3, 0, 0, 0, 0, 0, 0, 0, 123, 123, 123]])
        {
            using var pipe = new FramePipe(new MemoryStream(bad), Stream.Null);
            await Assert.ThrowsAnyAsync<Exception>(() => pipe.ReadAsync(s_never));
        }
    }

    [Fact]
    public async Task Zoo_run_answers_texts_and_whole_files_and_goes_on_where_it_was_stopped()
    {
        var folder = Folder("banking77-bert-mini/config.json");
        var (code, output) = await RunAsync("run", folder, "How do I locate my card?", "--top", "1");
        Assert.True(code == 0 && output.StartsWith("card_arrival\t0.", StringComparison.Ordinal), output);
        using var work = new TemporaryFolder();
        work.Write("questions.jsonl", string.Concat(Enumerable.Range(0, 40).Select(i => $"{{\"id\": \"q{i}\", \"text\": \"Question {i}: where is my card?\"}}\n")));
        var results = work["answers.jsonl"];
        Assert.Equal(0, (await RunAsync("run", folder, "--file", work["questions.jsonl"], "--out", results, "--top", "2", "--batch", "8")).Code);
        var whole = File.ReadAllLines(results);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"q{i}"), whole.Select(line => JsonNode.Parse(line)!["id"]!.GetValue<string>()));
        Assert.Equal(2, (await RunAsync("run", folder, "--file", work["questions.jsonl"], "--out", results, "--top", "2")).Code);
        File.WriteAllText(results, string.Concat(whole[..11].Select(line => line + "\n")) + whole[11][..20]);
        (code, output) = await RunAsync("run", folder, "--file", work["questions.jsonl"], "--out", results, "--top", "2", "--batch", "8", "--resume");
        Assert.True(code == 0 && output.Contains("29 answered", StringComparison.Ordinal) && output.Contains("11 were there", StringComparison.Ordinal), output);
        Assert.Equal(whole.Select(Labels), File.ReadAllLines(results).Select(Labels));
        Assert.Equal(2, (await RunAsync("run", folder, "--file", work["questions.jsonl"], "--out", results, "--top", "3", "--resume")).Code);

        static string Labels(string line) => JsonNode.Parse(line)!["id"] + ":" + string.Join(',', JsonNode.Parse(line)!["outputs"]!.AsArray().Select(one => one!["label"]));
    }

    [Fact]
    public async Task Zoo_run_continues_prompts_with_and_without_an_adapter()
    {
        var folder = Folder("shakespeare-gpt2/config.json");
        var (code, output) = await RunAsync("run", folder, "--prompt", "ROMEO:", "--max-tokens", "12");
        Assert.True(code == 0 && output.StartsWith("\nI", StringComparison.Ordinal), output);
        var adapter = Folder("shakespeare-gpt2-lora-banking/adapter_config.json");
        var beside = await RunAsync("run", adapter, "--base", folder, "--prompt", "My card", "--max-tokens", "12");
        var merged = await RunAsync("run", folder, "--adapter", adapter, "--merge", "--prompt", "My card", "--max-tokens", "12");
        Assert.Equal((0, beside.Output), merged);
        Assert.Equal(2, (await RunAsync("run", folder, "--chat")).Code);
        Assert.Equal(2, (await RunAsync("run", "no-such-folder")).Code);
    }

    static async Task<(int Code, string Output)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await ZooCommand.RunAsync(args, output, error);
        return (code, code == 0 ? output.ToString() : error.ToString());
    }

    static string Folder(string file)
    {
        Models.RequireRuntime();
        return Path.GetDirectoryName(SharedModels.Require(file))!;
    }
}

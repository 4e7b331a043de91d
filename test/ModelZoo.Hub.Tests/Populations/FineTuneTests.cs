using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>The hub fine-tunes: from the wish to a commit with lineage that is measured, with all that may come between.</summary>
public abstract class FineTuneTests(TestHub hub)
{
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    static string Demo(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "demo", path);
    }

    [Fact]
    public async Task A_wish_becomes_a_commit_with_lineage_that_the_hub_measures()
    {
        Require();
        var (model, data) = (await ModelAsync(hub.Ada), await DataAsync(hub.Ada));
        var target = $"{model.Split('/')[0]}/tuned-{Guid.NewGuid():N}"[..40];
        var begun = await hub.Ada.PostJsonAsync("/api/zoo/finetune", new { model, dataset = data, target, method = "full", epochs = 1, batch = 16, labelColumn = "label" });

        var done = await EndAsync(hub.Ada, begun);

        Assert.True((string)done["state"]! == "done", $"{done}");
        var head = await hub.Ada.HeadAsync(target);
        // The evaluation may have committed its scores by now: the result is the commit that the job names.
        Assert.Contains(((string)done["message"]!).Split(' ')[^1].TrimEnd('.'), (await hub.Ada.GetJsonAsync($"{TestActor.Api(target)}/commits/main?limit=10")).ToJsonString());
        var card = Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(target, "README.md"));
        Assert.Contains($"base_model: {model}\nbase_model_relation: finetune\n", card);
        Assert.Contains($"datasets: [{data}]\n", card);
        var record = JsonNode.Parse(await hub.Ada.ReadFileAsync(target, "training.json"))!;
        Assert.Equal((1, "full", model), ((int)record["epochs_done"]!, (string)record["method"]!, (string)record["base_model"]!["name"]!));
        Assert.NotEmpty(await hub.Ada.ReadFileAsync(target, "model.safetensors"));
        Assert.NotEmpty(await hub.Ada.ReadFileAsync(target, "onnx/model.onnx"));
        Assert.NotEqual("", head);

        for (var until = DateTime.UtcNow + s_patience; ; await Task.Delay(200))
        {
            var evaluation = (await hub.Ada.GetJsonAsync($"/api/zoo/evaluations?model={target}")).AsArray().Single()!;
            if ((string)evaluation["state"]! is "waiting" or "running" && DateTime.UtcNow < until) continue;
            Assert.True((string)evaluation["state"]! == "done", $"{evaluation}");
            break;
        }
    }

    [Fact]
    public async Task A_run_that_was_interrupted_goes_on_and_comes_to_the_same_bytes()
    {
        Require();
        // A hub that starts again has another address: whoever asked before asks anew.
        var before = new TestActor(hub, TestHub.AdministratorToken, "ada");
        var (model, data) = (await ModelAsync(before), await DataAsync(before));
        var wish = new { model, dataset = data, target = $"ada/stopped-{Guid.NewGuid():N}"[..40], method = "lora", epochs = 40, evaluate = false, labelColumn = "label" };
        var begun = await before.PostJsonAsync("/api/zoo/finetune", wish);
        for (var until = DateTime.UtcNow + s_patience; DateTime.UtcNow < until; await Task.Delay(50))
            if ((double)(await before.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}"))["progress"]! > 0.1) break;
        await hub.StopAsync();
        await hub.StartAsync();
        var ada = new TestActor(hub, TestHub.AdministratorToken, "ada");
        var done = await EndAsync(ada, begun);
        Assert.True((string)done["state"]! == "done", $"{done}");
        Assert.Contains(done["log"]!.AsArray(), line => ((string)line!["text"]!).StartsWith("Going on after epoch ", StringComparison.Ordinal));

        var whole = await EndAsync(ada, await ada.PostJsonAsync("/api/zoo/finetune", wish with { target = $"ada/whole-{Guid.NewGuid():N}"[..40] }));
        Assert.True((string)whole["state"]! == "done", $"{whole}");
        var other = ((string)whole["message"]!).Split(' ')[0];
        Assert.Equal(await ada.ReadFileAsync(wish.target, "adapter_model.safetensors"), await ada.ReadFileAsync(other, "adapter_model.safetensors"));
    }

    [Fact]
    public async Task Whoever_may_not_read_or_write_is_refused_and_private_data_makes_no_public_model()
    {
        var (model, data) = (await ModelAsync(hub.Ada), await DataAsync(hub.Ada));
        var (hiddenModel, hiddenData) = (await ModelAsync(hub.Ada, isPrivate: true), await DataAsync(hub.Ada, isPrivate: true));
        var bob = await hub.JoinAsync();
        var (mine, open) = ($"{bob.Handle}/x", await hub.Ada.CreateAsync());
        foreach (var (actor, wish, status) in new (TestActor, object, HttpStatusCode)[]
        {
            (hub.Nobody, new { model, dataset = data, target = open }, HttpStatusCode.Unauthorized),
            (bob, new { model = hiddenModel, dataset = data, target = mine }, HttpStatusCode.NotFound),
            (bob, new { model, dataset = hiddenData, target = mine }, HttpStatusCode.NotFound),
            (bob, new { model, dataset = data, target = open }, HttpStatusCode.Forbidden),
            (hub.Ada, new { model, dataset = hiddenData, target = open }, HttpStatusCode.BadRequest),
            (hub.Ada, new { model, dataset = data, target = model }, HttpStatusCode.BadRequest),
            (hub.Ada, new { model, dataset = data }, HttpStatusCode.BadRequest),
            (hub.Ada, new { model, dataset = data, target = open, epochs = 100_000 }, HttpStatusCode.BadRequest),
            (hub.Ada, new { model, dataset = data, target = open, method = "magic" }, HttpStatusCode.BadRequest),
            (hub.Ada, new { model, dataset = data, target = open, metod = "lora" }, HttpStatusCode.BadRequest),
            (hub.Ada, new { model, dataset = data, target = open, learningRate = -1 }, HttpStatusCode.BadRequest),
        })
        {
            var answer = await actor.Http.PostAsync("/api/zoo/finetune", new StringContent(System.Text.Json.JsonSerializer.Serialize(wish), Encoding.UTF8, "application/json"));
            Assert.True(answer.StatusCode == status, $"{wish}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    [Fact]
    public async Task What_the_worker_cannot_do_ends_the_job_with_its_reason()
    {
        Require();
        var (model, data) = (await ModelAsync(hub.Ada), await DataAsync(hub.Ada));
        var done = await EndAsync(hub.Ada, await hub.Ada.PostJsonAsync("/api/zoo/finetune", new { model, dataset = data, target = await hub.Ada.CreateAsync(), targetModules = new[] { "q_proj" } }));
        Assert.Equal("failed", (string)done["state"]!);
        Assert.Contains("no matrix 'q_proj'", (string)done["message"]!);
    }

    static void Require()
    {
        if (OnnxRuntime.Missing is { } reason) Assert.Skip($"Models cannot run here: {reason}");
    }

    static async Task<string> ModelAsync(TestActor owner, bool isPrivate = false)
    {
        var repo = await owner.CreateAsync(isPrivate: isPrivate);
        var weights = await File.ReadAllBytesAsync(Demo("models/banking77-bert-mini/model.safetensors"));
        var oid = await owner.UploadAsync(repo, weights);
        await owner.CommitAsync(repo,
            [.. new[] { "README.md", "config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt" }.Select(name => TestActor.File(name, File.ReadAllBytes(Demo($"models/banking77-bert-mini/{name}")))),
            TestActor.Large("model.safetensors", oid, weights.Length)]);
        return repo;
    }

    /// <summary>The demo's questions, to train on and to measure on.</summary>
    static async Task<string> DataAsync(TestActor owner, bool isPrivate = false)
    {
        var repo = await owner.CreateAsync(type: "dataset", isPrivate: isPrivate);
        var lines = File.ReadAllLines(Demo("datasets/teller-questions/test.jsonl")).Where(line => line.Length > 0).ToList();
        await owner.CommitAsync($"datasets/{repo}",
            TestActor.File("train.jsonl", string.Join('\n', lines.Take(50)) + "\n"), TestActor.File("test.jsonl", string.Join('\n', lines.Skip(50)) + "\n"),
            TestActor.File("eval.yaml", "name: Questions\ntasks:\n  - id: teller_questions\n"),
            TestActor.File("tasks/teller_questions.yaml", File.ReadAllText(Demo("datasets/teller-questions/tasks/teller_questions.yaml"))));
        return repo;
    }

    static async Task<JsonNode> EndAsync(TestActor actor, JsonNode begun)
    {
        for (var until = DateTime.UtcNow + s_patience; DateTime.UtcNow < until; await Task.Delay(100))
        {
            var now = await actor.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}");
            if ((string?)now["state"] is not ("waiting" or "running")) return now;
        }
        throw new TimeoutException($"The job did not end: {await actor.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}")}");
    }
}

public sealed class FineTuneTests_Sqlite(SqliteHub hub) : FineTuneTests(hub), IClassFixture<SqliteHub>;
public sealed class FineTuneTests_Postgres(PostgresHub hub) : FineTuneTests(hub), IClassFixture<PostgresHub>;

using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using static ModelZoo.Hub.Tests.Populations.TunedRepositories;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>The hub fine-tunes: from the wish to a commit with lineage that is measured, with all that may come between.</summary>
public abstract class FineTuneTests(TestHub hub)
{
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

        // Measured on held-out data, and the score says of which commits.
        var evaluation = await MeasuredAsync(target);
        Assert.True((string)evaluation["state"]! == "done", $"{evaluation}");
        var result = ((string)done["message"]!).Split(' ')[^1].TrimEnd('.');
        Assert.True(result == (string?)evaluation["commit"] && await hub.Ada.HeadAsync($"datasets/{data}") == (string?)evaluation["benchmarkCommit"], $"{evaluation}");
        Assert.Contains("model-index:", card);
    }

    [Fact]
    public async Task The_program_has_the_hub_do_it_and_an_adapter_is_measured_merged_and_named_with_its_base()
    {
        Require();
        var (model, data) = (await ModelAsync(hub.Ada), await DataAsync(hub.Ada));
        var revision = await hub.Ada.HeadAsync(model);
        string[] hubs = ["--endpoint", hub.Url, "--token", hub.Ada.Token!];
        var target = $"{hub.Ada.Handle}/{hub.Fresh("adapter")}";
        var (code, output, error) = await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(
            ["finetune", $"{model}@{revision}", data, "--on-hub", "--to", target, "--method", "lora", "--new-head", "--rank", "4", "--epochs", "1", "--label-column", "label", "--private", .. hubs]);
        Assert.True(code == 0, error);
        Assert.Contains($"{target} has the result at ", output);

        var record = JsonNode.Parse(await hub.Ada.ReadFileAsync(target, "training.json"))!;
        Assert.Equal(("lora", model, revision, 4), ((string)record["method"]!, (string)record["base_model"]!["name"]!, (string)record["base_model"]!["revision"]!, (int)record["settings"]!["lora"]!["rank"]!));
        Assert.Contains($"base_model: {model}\nbase_model_relation: adapter\n", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(target, "README.md")));
        Assert.True((bool)(await hub.Ada.GetJsonAsync(TestActor.Api(target)))["private"]!);
        var evaluation = await MeasuredAsync(target);
        Assert.True((string)evaluation["state"]! == "done", $"{evaluation}");

        // The merge job takes the head along, with its classes.
        var merged = $"{hub.Ada.Handle}/{hub.Fresh("merged")}";
        var done = await EndAsync(hub.Ada, await hub.Ada.PostJsonAsync("/api/zoo/merges", new { sources = new[] { target }, method = "lora", @base = model, target = merged }));
        Assert.True((string)done["state"]! == "done", $"{done}");
        Assert.Contains("'classifier.weight'", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(merged, "README.md")));
        var labels = JsonNode.Parse(await hub.Ada.ReadFileAsync(merged, "config.json"))!["id2label"]!.AsObject().Select(label => (string)label.Value!).ToList();
        var own = Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(target, "zoo.yaml"));
        Assert.All(labels, label => Assert.Contains($"\"{label}\"", own));
        Assert.NotEqual(77, labels.Count);

        foreach (var (words, how) in ((string, string[])[])[("means nothing with --on-hub", ["--tile", "4"]), ("means nothing with --on-hub", ["--test-split", "dev"]), ("learning rate must be positive", ["--lr", "-1"])])
        {
            var refused = await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(["finetune", model, data, "--on-hub", "--to", target, .. how, .. hubs]);
            Assert.NotEqual(0, refused.Code);
            Assert.Contains(words, refused.Error);
        }
        Assert.Contains("is not on the hub", (await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(["finetune", "thing", data, "--on-hub", "--to", target, .. hubs])).Error);
    }

    /// <summary>The evaluation that follows a fine-tuning, when it has ended.</summary>
    async Task<JsonNode> MeasuredAsync(string target)
    {
        for (var until = DateTime.UtcNow + Patience; ; await Task.Delay(200))
        {
            var evaluation = (await hub.Ada.GetJsonAsync($"/api/zoo/evaluations?model={target}")).AsArray().Single()!;
            if ((string)evaluation["state"]! is not ("waiting" or "running") || DateTime.UtcNow > until) return evaluation;
        }
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
}

public sealed class FineTuneTests_Sqlite(SqliteHub hub) : FineTuneTests(hub), IClassFixture<SqliteHub>;
public sealed class FineTuneTests_Postgres(PostgresHub hub) : FineTuneTests(hub), IClassFixture<PostgresHub>;

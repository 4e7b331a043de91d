using System.Text.Json.Nodes;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>A model and data for tests of fine-tuning, from the demo zoo.</summary>
static class TunedRepositories
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    static string Demo(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "demo", path);
    }

    public static void Require()
    {
        if (OnnxRuntime.Missing is { } reason) Assert.Skip($"Models cannot run here: {reason}");
    }

    public static async Task<string> ModelAsync(TestActor owner, bool isPrivate = false)
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
    public static async Task<string> DataAsync(TestActor owner, bool isPrivate = false)
    {
        var repo = await owner.CreateAsync(type: "dataset", isPrivate: isPrivate);
        var lines = File.ReadAllLines(Demo("datasets/teller-questions/test.jsonl")).Where(line => line.Length > 0).ToList();
        await owner.CommitAsync($"datasets/{repo}",
            TestActor.File("train.jsonl", string.Join('\n', lines.Take(50)) + "\n"), TestActor.File("test.jsonl", string.Join('\n', lines.Skip(50)) + "\n"),
            TestActor.File("eval.yaml", "name: Questions\ntasks:\n  - id: teller_questions\n"),
            TestActor.File("tasks/teller_questions.yaml", File.ReadAllText(Demo("datasets/teller-questions/tasks/teller_questions.yaml"))));
        return repo;
    }

    public static async Task<JsonNode> EndAsync(TestActor actor, JsonNode begun)
    {
        for (var until = DateTime.UtcNow + Patience; DateTime.UtcNow < until; await Task.Delay(100))
        {
            var now = await actor.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}");
            if ((string?)now["state"] is not ("waiting" or "running")) return now;
        }
        throw new TimeoutException($"The job did not end: {await actor.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}")}");
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Evaluations.Signing;

namespace ModelZoo.Hub.Tests.Evaluations;

/// <summary>Benchmarks, models and score files as tests push them.</summary>
static class ScoreBench
{
    /// <summary>A benchmark of one task `digits` under acc, unless the text says otherwise.</summary>
    public static async Task<string> CreateBenchmarkAsync(this TestActor actor, string? eval = null, bool isPrivate = false, params object[] more)
    {
        var dataset = await actor.CreateAsync(type: "dataset", isPrivate: isPrivate);
        await actor.CommitAsync($"datasets/{dataset}", [TestActor.File("eval.yaml", eval ?? """
            name: Digits
            description: Handwritten digits.
            evaluation_framework: zoo
            tasks:
              - id: digits
                split: test
                zoo: {metric: acc}
            """), .. more]);
        return dataset;
    }

    public static string Entry(string dataset, string task, string value, string more = "") => $"- dataset: {{id: {dataset}, task_id: {task}}}\n  value: {value}\n{more}";

    /// <returns>The model with one results file.</returns>
    public static async Task<string> CreateModelAsync(this TestActor actor, string yaml, bool isPrivate = false, params object[] more)
    {
        var model = await actor.CreateAsync(isPrivate: isPrivate);
        await actor.CommitAsync(model, [TestActor.File(".eval_results/results.yaml", yaml), .. more]);
        return model;
    }

    public static Task<JsonNode> BoardAsync(this TestActor actor, string dataset, string task, string query = "") => actor.GetJsonAsync($"/api/zoo/leaderboards/{dataset}/{Uri.EscapeDataString(task)}{query}");

    public static string Models(JsonNode board) => string.Join(' ', board["entries"]!.AsArray().Select(entry => $"{entry!["rank"]}:{((string)entry["model"]!).Split('/')[1]}"));

    /// <summary>An entry that the hub signed for a commit, as a run of its own would write it.</summary>
    public static async Task<string> SignedEntryAsync(this TestHub hub, string model, string commit, string dataset, string task, double value, string metric = "acc", string more = "")
    {
        var text = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        var token = await hub.Get<ScoreSigner>().SignAsync(new() { Model = model, Commit = commit, Dataset = dataset, DatasetCommit = new('d', 40), TaskId = task, Metric = metric, Filter = "none", Value = value }, default);
        return Entry(dataset, task, text, $"  verifyToken: {token}\n  zoo: {{metric: {metric}, filter: none}}\n{more}");
    }

    /// <summary>Sample lines: the id and whether it was right.</summary>
    public static byte[] Samples(params IEnumerable<(string Id, int Right)> samples) => Encoding.UTF8.GetBytes(string.Concat(samples.Select(sample => JsonSerializer.Serialize(new { doc_id = 0, id = sample.Id, filter = "none", acc = (double)sample.Right }) + "\n")));

    public static string Evidence(string task, double value, int n, string samples, string? subgroup = null) => JsonSerializer.Serialize(new
    {
        task = new { id = task, version = "1", hash = new string('a', 64) }, harness = new { name = "test", version = "1" }, protocol = new { num_fewshot = 0, scoring = "tensor" },
        metric = "acc", filter = "none", value, n, higher_is_better = true, stderr = Math.Sqrt(value * (1 - value) / n), subgroup, samples = new { path = samples },
    });
}

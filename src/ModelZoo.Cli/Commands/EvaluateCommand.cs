using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ModelZoo.Client;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo evaluate owner/model --benchmark owner/dataset`: the hub measures and commits what it found. On this machine: `zoo eval`.</summary>
static class EvaluateCommand
{
    static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(500);

    public static Command Build()
    {
        var model = new Argument<string>("MODEL[@revision]") { Description = "A model on the hub, owner/name" };
        var benchmark = new Option<string>("--benchmark") { Description = "A dataset on the hub with tasks, owner/name[@revision]", Required = true };
        var task = new Option<string?>("--task") { Description = "A task or a group of them [default: the benchmark's, where it has one only]" };
        var limit = new Option<int?>("--limit") { Description = "Only so many samples; the result is shown and not committed" };
        var seed = new Option<int?>("--seed") { Description = "Of everything that is drawn [default: 1234]" };
        var threads = new Option<int?>("--threads") { Description = "Threads of the model [default: 1]" };
        var shots = new Option<int?>("--num-fewshot") { Description = "Examples in the prompt [default: the task's number]" };
        var endpoint = new Option<string?>("--endpoint") { Description = "A server that the hub's administrator configured, to answer in place of the stored weights" };
        var again = new Option<bool>("--again") { Description = "Measure even where the model has this very score already" };
        var noWait = new Option<bool>("--no-wait") { Description = "Ask and leave; the hub goes on" };
        var command = new Command("evaluate", "Have the hub measure a model and commit its scores (on this machine: zoo eval)")
            { model, benchmark, task, limit, seed, threads, shots, endpoint, again, noWait, HubCall.Json };
        return HubCall.On(command, async call =>
        {
            var (of, on) = (RepoAddress.Parse(call.Get(model)), RepoAddress.Parse(call.Get(benchmark)!, RepoKind.Dataset));
            var begun = await call.Zoo.EvaluateAsync(new(of.Repo.Id, on.Repo.Id)
            {
                Revision = of.Revision, BenchmarkRevision = on.Revision, Task = call.Get(task), Limit = call.Get(limit), Seed = call.Get(seed), Threads = call.Get(threads),
                NumFewshot = call.Get(shots), Endpoint = call.Get(endpoint), Again = call.Get(again),
            }, call.Stop);
            if (!call.Screen.IsJson) call.Screen.Error.WriteLine($"Evaluation {begun.Id} on {call.Endpoint.Host}");
            if (!call.Get(noWait)) begun = await FollowAsync(call, begun);
            Tell(call, begun);
        });
    }

    /// <summary>Whoever stops following stops nothing: the hub goes on.</summary>
    static async Task<HubEvaluation> FollowAsync(HubCall call, HubEvaluation evaluation)
    {
        for (var told = ""; evaluation.IsOpen;)
        {
            await Task.Delay(s_between, call.Stop);
            evaluation = await call.Zoo.GetEvaluationAsync(evaluation.Id, call.Stop);
            if (call.Screen.ShowsProgress && evaluation.State == "running" && evaluation.Message.Length > 0 && evaluation.Message != told) call.Screen.Error.WriteLine(Screen.Clean(told = evaluation.Message));
        }
        return evaluation;
    }

    static void Tell(HubCall call, HubEvaluation evaluation)
    {
        if (call.Screen.IsJson)
            call.Screen.Json(new { id = evaluation.Id, state = evaluation.State, message = evaluation.Message, resultCommit = evaluation.ResultCommit, pullRequest = evaluation.PullRequest, scores = evaluation.Scores });
        else
        {
            if (evaluation.Scores is { ValueKind: JsonValueKind.Array } scores) call.Screen.Table(["TASK", "METRIC", "FILTER", "VALUE", "STDERR", "N"], [.. scores.EnumerateArray().Where(IsWhole).Select(Row)]);
            if (evaluation.State is "done" or "waiting" or "running") call.Screen.Line(evaluation.Message.Length > 0 ? evaluation.Message : evaluation.State);
        }
        if (evaluation.State is "failed" or "cancelled") throw new ModelZoo.Evaluation.EvaluationException(evaluation.Message.Length > 0 ? evaluation.Message : $"The evaluation is {evaluation.State}.");
    }

    static bool IsWhole(JsonElement score) => !score.TryGetProperty("subgroup", out var subgroup) || subgroup.ValueKind == JsonValueKind.Null;

    static string[] Row(JsonElement score) =>
        [score.GetProperty("task").GetProperty("id").GetString() ?? "", score.GetProperty("metric").GetString() ?? "", score.GetProperty("filter").GetString() ?? "", Number(score, "value"), Number(score, "stderr"), Number(score, "n")];

    static string Number(JsonElement score, string name) =>
        score.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble().ToString("0.######", CultureInfo.InvariantCulture) : "";
}

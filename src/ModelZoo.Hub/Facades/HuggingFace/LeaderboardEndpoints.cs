using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>The leaderboard of a benchmark as Hugging Face clients read it. `?task_id=` chooses among several tasks; without it, the first that has scores.</summary>
static class LeaderboardEndpoints
{
    const int MostEntries = 1_000;

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/api/datasets/{owner}/{name}/leaderboard", ReadAsync).WithMetadata(new AddressedKind(RepositoryKind.Dataset));

    static async Task<IResult> ReadAsync(ReadableRepository dataset, HttpContext http, BoardReader boards, ScoreStore scores, CancellationToken stop)
    {
        var query = http.Request.Query;
        var visible = await boards.LookAsync(dataset.Actor, stop);
        var benchmark = visible.Find(dataset.Repository.FullName) ?? throw Refusal.NotFound("This dataset has no leaderboard: it has no eval.yaml.");
        // The clients' flag is called base_model; only models made from no other are listed unless it says false.
        var request = new BoardRequest { BaseOnly = !string.Equals(query["base_model"].ToString(), "false", StringComparison.OrdinalIgnoreCase) };
        var wanted = query["task_id"].ToString();
        var views = benchmark.Tasks.Where(task => !task.IsSuite && (wanted.Length == 0 || task.Id == wanted)).Select(task => BoardView.Of(BoardMaker.Get(visible.Snapshot, benchmark, task, null, null), request, visible));
        if ((views.FirstOrDefault(view => view.Ranked.Count > 0) ?? views.FirstOrDefault()) is not { } chosen) throw Refusal.NotFound("This benchmark has no such task.");
        var details = await scores.DetailsAsync([.. chosen.Ranked.Take(MostEntries).Select(ranked => (ranked.Entry.Score.RepositoryId, ranked.Entry.Score.Key))], stop);
        return JsonLines.Array(chosen.Ranked.Take(MostEntries).Select(ranked =>
        {
            var (model, score) = (ranked.Entry.Model, ranked.Entry.Score);
            var detail = details.GetValueOrDefault((score.RepositoryId, score.Key));
            return (JsonNode)new JsonObject
            {
                ["rank"] = ranked.Rank, ["modelId"] = model.FullName, ["value"] = ranked.Entry.Value, ["verified"] = score.Standing == Standing.Verified, ["filename"] = score.Path,
                ["author"] = new JsonObject { ["type"] = "user", ["name"] = model.Repository.Owner, ["fullname"] = model.Repository.Owner, ["avatarUrl"] = UserEndpoints.Avatar },
                ["source"] = detail?.SourceJson is { } source ? JsonNode.Parse(source) : null, ["notes"] = detail?.Notes, ["standing"] = score.Standing.Word(),
            };
        }));
    }
}

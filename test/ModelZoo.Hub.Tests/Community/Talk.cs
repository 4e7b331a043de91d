using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Tests.Community;

/// <summary>The calls about discussions and pull requests as huggingface_hub makes them.</summary>
static class Talk
{
    public static string At(string repo, long? number = null, string tail = "") => $"{TestActor.Api(repo)}/discussions{(number is null ? "" : $"/{number}")}{tail}";

    public static async Task<long> DiscussAsync(this TestActor who, string repo, string title = "A question", string description = "Why?", bool pullRequest = false) =>
        (await who.PostJsonAsync(At(repo), new { title, description, pullRequest }))["num"]!.GetValue<long>();

    public static Task<JsonNode> DetailsAsync(this TestActor who, string repo, long number) => who.GetJsonAsync(At(repo, number, "?diff=1"));

    public static Task<HttpResponseMessage> TrySayAsync(this TestActor who, string repo, long number, string what, object? body = null) =>
        who.SendAsync(HttpMethod.Post, At(repo, number, "/" + what), body);

    public static async Task<JsonNode> SayAsync(this TestActor who, string repo, long number, string what, object? body = null) =>
        await TestActor.ReadAsync(await who.TrySayAsync(repo, number, what, body));

    /// <summary>Opens a pull request by a commit, as create_commit(create_pr=True) does.</summary>
    public static Task<HttpResponseMessage> TryProposeAsync(this TestActor who, string repo, string summary, string? parent, params object[] operations)
    {
        var lines = new List<string> { JsonSerializer.Serialize(new { key = "header", value = new { summary, description = "Because.", parentCommit = parent } }) };
        lines.AddRange(operations.Select(o => JsonSerializer.Serialize(o)));
        return who.Http.PostAsync($"{TestActor.Api(repo)}/commit/main?create_pr=1", new StringContent(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson"));
    }

    public static async Task<long> ProposeAsync(this TestActor who, string repo, string summary, params object[] operations)
    {
        var answer = await TestActor.ReadAsync(await who.TryProposeAsync(repo, summary, null, operations));
        return long.Parse(answer["pullRequestUrl"]!.GetValue<string>().Split('/')[^1]);
    }

    public static async Task<string> StatusAsync(this TestActor who, string repo, long number) => (await who.DetailsAsync(repo, number))["status"]!.GetValue<string>();

    public static IEnumerable<string> EventTypes(JsonNode details) => details["events"]!.AsArray().Select(e => e!["type"]!.GetValue<string>());

    public static async Task<string> TextAsync(this TestActor who, string repo, string path, string revision = "main") => Encoding.UTF8.GetString(await who.ReadFileAsync(repo, path, revision));

    /// <summary>As if all had been stored long ago.</summary>
    public static async Task AgeAsync(this TestHub hub)
    {
        await hub.Get<HubDatabase>().ExecuteAsync("update blob_grant set granted_at = 5", null, default);
        await Task.Delay(5);
    }

    public static async Task RefusedAsync(HttpStatusCode status, HttpResponseMessage response, string? word = null)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} instead of {(int)status}: {text}");
        if (word is not null) Assert.Contains(word, text);
    }
}

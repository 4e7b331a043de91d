using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Our own search over names, tags and cards.</summary>
static class ZooSearchEndpoints
{
    const int StandardLimit = 20;
    const int MaxLimit = 100;
    const int MaxLength = 500;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/api/zoo/search", SearchAsync);

    static async Task<IResult> SearchAsync(Actor actor, HttpRequest request, FullTextSearch search, CancellationToken stop)
    {
        var query = request.Query;
        var text = query["q"].ToString();
        if (text.Length > MaxLength) throw Refusal.Invalid($"\"q\" may have at most {MaxLength} characters");
        RepositoryKind? kind = null;
        if (query["kind"] is { Count: > 0 } word)
            kind = RepositoryKinds.TryParse(word[^1], out var known) ? known : throw Refusal.Invalid("\"kind\" must be one of [model, dataset, space]");
        var groups = await search.FindAsync(text, kind, Query.Limit(query["limit"], StandardLimit, MaxLimit), actor, stop);
        return JsonLines.Object(new JsonObject
        {
            ["query"] = text,
            ["groups"] = new JsonArray([.. groups.Select(group => new JsonObject
            {
                ["kind"] = group.Kind.Word(),
                ["items"] = new JsonArray([.. group.Items.Select(Describe)]),
            })]),
        });
    }

    static JsonObject Describe(FoundRepository found)
    {
        var entry = found.Repository;
        var json = new JsonObject
        {
            ["id"] = entry.FullName, ["url"] = entry.Repository.Address, ["private"] = entry.Repository.IsPrivate, ["summary"] = found.Summary,
            ["tags"] = new JsonArray([.. entry.Tags.Select(tag => JsonValue.Create(tag))]),
            ["downloads"] = entry.Repository.Downloads, ["likes"] = entry.Repository.Likes, ["lastModified"] = Clock.Iso(entry.Repository.UpdatedAt),
        };
        if (entry.PipelineTag is not null) json["pipeline_tag"] = entry.PipelineTag;
        if (entry.LibraryName is not null) json["library_name"] = entry.LibraryName;
        if (entry.Licence is not null) json["licence"] = entry.Licence;
        if (entry.Parameters is not null) json["parameters"] = entry.Parameters;
        return json;
    }
}

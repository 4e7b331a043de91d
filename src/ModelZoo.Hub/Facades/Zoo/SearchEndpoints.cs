using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.Zoo;

sealed record SearchAnswer(string Query, IReadOnlyList<SearchGroupAnswer> Groups);

/// <param name="Kind">model, dataset or space.</param>
sealed record SearchGroupAnswer(string Kind, IReadOnlyList<SearchItemAnswer> Items);

/// <param name="Url">Address without the hub's own.</param>
sealed record SearchItemAnswer(
    string Id, string Url, bool Private, string Summary, IReadOnlyList<string> Tags, long Downloads, long Likes, string LastModified,
    string? PipelineTag, string? LibraryName, string? Licence, long? Parameters);

/// <summary>Search over names, tags and the words of cards.</summary>
static class SearchEndpoints
{
    const int StandardLimit = 20;
    const int MaxLimit = 100;
    const int MaxLength = 500;

    public static void Map(IEndpointRouteBuilder app) => app.MapGet($"{ZooRoutes.Base}/search", SearchAsync)
        .Describe<SearchAnswer>("search", "search", "Repositories whose name, tags or card hold all words, by kind; ?q=, ?kind=, ?limit=");

    static async Task<IResult> SearchAsync(Actor actor, HttpRequest request, FullTextSearch search, CancellationToken stop)
    {
        var query = request.Query;
        var text = query["q"].ToString();
        if (text.Length > MaxLength) throw Refusal.Invalid($"\"q\" may have at most {MaxLength} characters");
        RepositoryKind? kind = null;
        if (query["kind"] is { Count: > 0 } word)
            kind = RepositoryKinds.TryParse(word[^1], out var known) ? known : throw Refusal.Invalid("\"kind\" must be one of [model, dataset, space]");
        var groups = await search.FindAsync(text, kind, Query.Limit(query["limit"], StandardLimit, MaxLimit), actor, stop);
        return Results.Json(new SearchAnswer(text, [.. groups.Select(group => new SearchGroupAnswer(group.Kind.Word(), [.. group.Items.Select(Describe)]))]));
    }

    static SearchItemAnswer Describe(FoundRepository found)
    {
        var (entry, repository) = (found.Repository, found.Repository.Repository);
        return new(entry.FullName, repository.Address, repository.IsPrivate, found.Summary, [.. entry.Tags], repository.Downloads, repository.Likes,
            Clock.Iso(repository.UpdatedAt), entry.PipelineTag, entry.LibraryName, entry.Licence, entry.Parameters);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>A commit: newline-delimited JSON in, a new head out.</summary>
static class CommitEndpoints
{
    /// <summary>Longest body; regular files travel inside it as base64.</summary>
    const long MaxBodyBytes = 4L * 1024 * 1024 * 1024;

    /// <summary>Both wordings that client generations know, so that their users understand.</summary>
    const string StaleMessage =
        "A commit has happened since. Please refresh and try again. (The branch was updated since you opened this page. Please refresh and try again.)";

    public static void Map(IEndpointRouteBuilder app) => app.MapPost($"{HuggingFaceRoutes.Repository}/commit/{{revision}}", CommitAsync);

    static async Task<IResult> CommitAsync(
        ContributingRepository repository, RouteText revision, HttpContext http, RevisionResolver revisions, GitObjectStore objects,
        BlobUploads uploads, CommitWriter commits, PullRequests pulls, IReadmeRule readmes, HubOptions options, PublicAddress address, CancellationToken stop)
    {
        var opensPullRequest = Query.Flag(http.Request.Query["create_pr"]);
        var (reference, _) = await revisions.GetBranchAsync(repository, revision, stop, orPullRequest: !opensPullRequest);
        var proof = opensPullRequest ? null : await pulls.ProveAsync(repository, reference, stop);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodyBytes;

        var payload = new CommitPayload(repository.Repository, objects, options.Limits.InlineBytes);
        var draft = await payload.ReadAsync(http.Request.BodyReader, stop);
        if (payload.Readme is { } readme && readmes.Problems(repository.Repository.Kind, readme) is { Count: > 0 } problems)
            throw new Refusal(RefusalKind.Invalid, "The metadata of README.md is not valid.") { Findings = problems };

        await uploads.FinishSentAsync(repository, [.. draft.Operations.OfType<PutLarge>().Select(large => large.Digest)], stop);
        var page = address.Of(http) + repository.Repository.Address;
        if (proof is null)
        {
            var proposal = new Proposal(DiscussionLimits.TitleOf(draft.Summary), DiscussionLimits.Comment(draft.Description, "description", mayBeEmpty: true), reference);
            var opened = await pulls.OpenAsync(repository, proposal, draft, stop);
            return Answer(page, opened.Head, $"{page}/discussions/{opened.Number}");
        }
        return await commits.WriteAsync(proof, reference, draft, stop) is CommitOutcome.Written written
            ? Answer(page, written.Commit.Id, null)
            : throw new Refusal(RefusalKind.Stale, StaleMessage);
    }

    static IResult Answer(string page, ObjectId commit, string? pullRequest)
    {
        var answer = new Dictionary<string, object> { ["success"] = true, ["commitOid"] = commit.Hex, ["commitUrl"] = $"{page}/commit/{commit.Hex}", ["hookOutput"] = "" };
        if (pullRequest is not null) answer["pullRequestUrl"] = pullRequest;
        return Results.Json(answer);
    }
}

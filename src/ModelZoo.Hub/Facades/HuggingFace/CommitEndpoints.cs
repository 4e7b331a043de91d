using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

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
        WritableRepository repository, RouteText revision, HttpContext http, RevisionResolver revisions, GitObjectStore objects,
        BlobUploads uploads, CommitWriter commits, IReadmeRule readmes, HubOptions options, PublicAddress address, CancellationToken stop)
    {
        PreuploadEndpoints.RefusePullRequest(http.Request);
        var (reference, _) = await revisions.GetBranchAsync(repository, revision, stop);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxBodyBytes;

        var payload = new CommitPayload(repository.Repository, objects, options.Limits.InlineBytes);
        var draft = await payload.ReadAsync(http.Request.BodyReader, stop);
        if (payload.Readme is { } readme && readmes.Problems(repository.Repository.Kind, readme) is { Count: > 0 } problems)
            throw new Refusal(RefusalKind.Invalid, "The metadata of README.md is not valid.") { Findings = problems };

        await uploads.FinishSentAsync(repository, [.. draft.Operations.OfType<PutLarge>().Select(large => large.Digest)], stop);
        switch (await commits.WriteAsync(repository, reference, draft, stop))
        {
            case CommitOutcome.Written written:
                return Results.Json(new
                {
                    success = true,
                    commitOid = written.Commit.Id.Hex,
                    commitUrl = $"{address.Of(http)}{repository.Repository.Address}/commit/{written.Commit.Id.Hex}",
                    hookOutput = "",
                });
            default:
                throw new Refusal(RefusalKind.Stale, StaleMessage);
        }
    }
}

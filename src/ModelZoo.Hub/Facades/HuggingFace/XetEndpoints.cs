using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.XetCas;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Xet;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Where clients that speak Xet get their tokens, and how a file tells them that it can be fetched so.</summary>
static class XetEndpoints
{
    public const string FileFacts = "application/vnd.xet-fileinfo+json";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{HuggingFaceRoutes.Repository}/xet-read-token/{{**revision}}", ReadToken);
        app.MapGet($"{HuggingFaceRoutes.Repository}/xet-write-token/{{**revision}}", WriteTokenAsync);
    }

    static IResult ReadToken(ReadableRepository repository, HttpContext http, UrlSigner signer, PublicAddress address, HubOptions options, TimeProvider time) =>
        Issue(repository, mayWrite: false, http, signer, address, options, time);

    static async Task<IResult> WriteTokenAsync(
        ContributingRepository repository, RouteText revision, HttpContext http, XetOffer offer, PullRequests pulls, UrlSigner signer, PublicAddress address, HubOptions options,
        TimeProvider time, CancellationToken stop)
    {
        if (!repository.IsWriter && !Query.Flag(http.Request.Query["create_pr"])) await pulls.ProveAsync(repository, revision, stop);
        if (options.Xet.Enabled && !await offer.TakesContentAsync(stop))
            throw new Refusal(RefusalKind.Unavailable, "This hub is being upgraded; content can be sent as chunks when all its nodes know them.") { RetryAfter = TimeSpan.FromSeconds(10) };
        return Issue(repository, mayWrite: true, http, signer, address, options, time);
    }

    /// <summary>Older clients read the headers, newer ones the body.</summary>
    static IResult Issue(ReadableRepository repository, bool mayWrite, HttpContext http, UrlSigner signer, PublicAddress address, HubOptions options, TimeProvider time)
    {
        if (!options.Xet.Enabled) throw Refusal.NotFound("This hub does not offer Xet.");
        var (token, expires) = CasToken.Issue(repository, mayWrite, signer, options, time);
        var (casUrl, exp) = (XetCasRoutes.Base(address.Of(http)), expires.ToUnixTimeSeconds());
        http.Response.Headers["X-Xet-Cas-Url"] = casUrl;
        http.Response.Headers["X-Xet-Access-Token"] = token;
        http.Response.Headers["X-Xet-Token-Expiration"] = exp.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.Json(new { casUrl, exp, accessToken = token });
    }

    /// <summary>Says in headers that the file can be fetched by Xet, and how to get a token for that.</summary>
    /// <returns>The address of the token and that of the file's chunks.</returns>
    public static (string Refresh, string Reconstruction) Advertise(HttpContext http, ReadableRepository repository, ResolvedRevision revision, XetFile file, string address)
    {
        var refresh = $"{address}/api/{repository.Repository.Kind.Plural()}/{repository.Repository.FullName}/xet-read-token/{revision.CommitId}";
        var reconstruction = $"{XetCasRoutes.Base(address)}/v1/reconstructions/{file.Hash}";
        http.Response.Headers["X-Xet-Hash"] = file.Hash.ToString();
        http.Response.Headers["X-Xet-Refresh-Route"] = refresh;
        http.Response.Headers.Link = $"<{refresh}>; rel=\"xet-auth\", <{reconstruction}>; rel=\"xet-reconstruction-info\"";
        return (refresh, reconstruction);
    }

    /// <summary>True for clients that want to know how to fetch the file, and not its bytes.</summary>
    public static bool WantsFacts(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains(FileFacts, StringComparison.OrdinalIgnoreCase);
}

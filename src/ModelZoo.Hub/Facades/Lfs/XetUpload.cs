using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Facades.XetCas;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Lfs;

/// <summary>What an upload action says to a client that sends content by Xet: where to get further tokens, and a first one.</summary>
sealed record XetUpload(string RefreshUrl, string CasUrl, string Token, DateTimeOffset Expires, string Session)
{
    public static XetUpload Prepare(ContributingRepository repository, HttpContext http, PublicAddress address, UrlSigner signer, HubOptions options, TimeProvider time)
    {
        var (token, expires) = CasToken.Issue(repository, mayWrite: true, signer, options, time);
        var root = address.Of(http);
        var refresh = $"{root}/api/{repository.Repository.Kind.Plural()}/{repository.Repository.FullName}/xet-write-token/{repository.Repository.DefaultBranch}{(repository.IsWriter ? "" : "?create_pr=1")}";
        return new(refresh, XetCasRoutes.Base(root), token, expires, Guid.NewGuid().ToString("n"));
    }

    /// <summary>All values are text: clients read them as headers.</summary>
    public JsonObject Action() => new()
    {
        ["href"] = RefreshUrl,
        ["header"] = new JsonObject
        {
            ["X-Xet-Cas-Url"] = CasUrl,
            ["X-Xet-Access-Token"] = Token,
            ["X-Xet-Token-Expiration"] = Expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            ["X-Xet-Session-Id"] = Session,
        },
        ["expires_in"] = (int)TimeSpan.FromMinutes(5).TotalSeconds,
    };
}

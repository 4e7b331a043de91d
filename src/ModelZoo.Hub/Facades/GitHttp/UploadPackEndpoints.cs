using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Mirrors;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>Clone and fetch.</summary>
static partial class UploadPackEndpoints
{
    /// <summary>Largest list of wants and haves: a million lines.</summary>
    const long MaxBodyBytes = 64L * 1024 * 1024;

    public static async Task PostAsync(ReadableRepository repository, HttpContext http, UploadPack uploadPack)
    {
        await using var body = GitBody.Open(http, "application/x-git-upload-pack-request", MaxBodyBytes);
        await uploadPack.AnswerAsync(repository, Protocol(http), body, () =>
        {
            GitRoutes.SetHeaders(http, "application/x-git-upload-pack-result");
            return Task.FromResult(http.Response.Body);
        }, http.RequestAborted);
    }

    /// <summary>What git sends is "version=2" and the like, separated by ':'; anything else is as if it were not said.</summary>
    public static string? Protocol(HttpContext http) =>
        http.Request.Headers["Git-Protocol"].ToString() is { Length: > 0 and <= 200 } said && Parameters().IsMatch(said) ? said : null;

    [GeneratedRegex(@"\A[a-z0-9=:.\-]+\z")]
    private static partial Regex Parameters();
}

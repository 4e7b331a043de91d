using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Says a refusal as Hugging Face clients expect it: status, X-Error-Code, X-Error-Message, and a JSON body.</summary>
static class HuggingFaceErrors
{
    public static readonly Dialect Dialect = new(WriteAsync);

    public static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        WriteHeaders(http, refusal);
        var body = new JsonObject { ["error"] = refusal.Message };
        if (refusal.Findings.Count > 0) body["errors"] = new JsonArray([.. refusal.Findings.Select(f => new JsonObject { ["message"] = f })]);
        if (refusal.ExistingUrl is { } existing)
        {
            body["url"] = http.RequestServices.GetService(typeof(PublicAddress)) is PublicAddress address ? address.Of(http) + existing : existing;
            body["name"] = existing.TrimStart('/').Replace("datasets/", "").Replace("spaces/", "");
        }
        await http.Response.WriteAsJsonAsync(body);
    }

    /// <summary>Status and headers, which the LFS dialect shares: the same clients call both.</summary>
    internal static void WriteHeaders(HttpContext http, Refusal refusal)
    {
        var response = http.Response;
        response.StatusCode = RefusalStatus.Of(refusal.Kind);
        if (Code(refusal.Missing) is { } code) response.Headers["X-Error-Code"] = code;
        response.Headers["X-Error-Message"] = HeaderText(refusal.Message);
        if (refusal.CommitId is { } commit) response.Headers["X-Repo-Commit"] = commit;
        if (refusal.RetryAfter is { } wait) response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        if (refusal.TotalBytes is { } total) response.Headers.ContentRange = $"bytes */{total}";
    }

    static string? Code(MissingThing missing) => missing switch
    {
        MissingThing.Repository => "RepoNotFound",
        MissingThing.Revision => "RevisionNotFound",
        MissingThing.Entry => "EntryNotFound",
        _ => null,
    };

    /// <summary>Headers carry ASCII on one line; the body has the words in full.</summary>
    static string HeaderText(string message) =>
        string.Create(Math.Min(message.Length, 500), message, (span, text) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = text[i] is >= ' ' and < '\u007f' ? text[i] : '?';
        });
}

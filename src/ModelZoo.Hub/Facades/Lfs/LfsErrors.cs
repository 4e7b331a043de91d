using System.Text.Json;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Lfs;

/// <summary>Says a refusal as git-lfs expects it; Hugging Face clients read the same answer by its extra headers.</summary>
static class LfsErrors
{
    public const string MediaType = "application/vnd.git-lfs+json";

    public static readonly Dialect Dialect = new(WriteAsync);

    static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        HuggingFaceErrors.WriteHeaders(http, refusal);
        if (refusal.Kind == RefusalKind.Unauthenticated)
        {
            http.Response.Headers["LFS-Authenticate"] = "Basic realm=\"ModelZoo\"";
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"ModelZoo\"";
        }
        http.Response.ContentType = MediaType;
        await http.Response.WriteAsync(JsonSerializer.Serialize(new { message = refusal.Message, error = refusal.Message, request_id = http.TraceIdentifier }));
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web;

/// <summary>/assets/zoo-{hash}.css and its siblings. The name changes with the content, so a browser asks once and never again.</summary>
static class AssetEndpoints
{
    public static void MapAssets(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/assets/{name}", ["GET", "HEAD"], Send).WithMetadata(new Public("the same for everybody"));
        // Browsers ask for this by themselves; one cheap redirect keeps the log free of 404s.
        app.MapGet("/favicon.ico", (Assets assets) => Results.Redirect(assets.Links.Icon)).WithMetadata(new Public("the same for everybody"));
    }

    static async Task Send(string name, Assets assets, HttpContext http, CancellationToken stop)
    {
        if (assets.Find(name) is not { } asset)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var headers = http.Response.Headers;
        headers.ETag = asset.ETag;
        headers.CacheControl = asset.IsImmutable ? "public, max-age=31536000, immutable" : "public, max-age=86400";
        headers.Vary = "Accept-Encoding";
        headers.XContentTypeOptions = "nosniff";
        if (http.Request.Headers.IfNoneMatch.Contains(asset.ETag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var accepted = http.Request.Headers.AcceptEncoding.ToString();
        var (body, encoding) = accepted.Contains("br", StringComparison.OrdinalIgnoreCase) && asset.Brotli is { } brotli ? (brotli, "br")
            : accepted.Contains("gzip", StringComparison.OrdinalIgnoreCase) && asset.Gzip is { } gzip ? (gzip, "gzip")
            : (asset.Plain, null);
        if (encoding is not null) headers.ContentEncoding = encoding;
        http.Response.ContentType = asset.ContentType;
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, stop);
    }
}

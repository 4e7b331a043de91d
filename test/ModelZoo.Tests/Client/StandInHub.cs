using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.Client;

namespace ModelZoo.Tests.Client;

/// <summary>
/// Enough of a hub to move one repository's files over real sockets, with the troubles real networks have. The real hub is
/// tried against the same client in the conformance tests.
/// </summary>
sealed class StandInHub : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    readonly WebApplication _app;

    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Parts of multipart uploads, by number.</summary>
    public ConcurrentDictionary<int, byte[]> Parts { get; } = new();

    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>Body bytes after which connections are dropped, one entry per GET; an absent entry lets the GET finish.</summary>
    public ConcurrentQueue<int> Drops { get; } = new();

    /// <summary>Statuses to answer before anything else.</summary>
    public ConcurrentQueue<int> Failures { get; } = new();

    public bool IgnoresRanges { get; set; }

    public bool AnswersPartProbes { get; set; } = true;

    public Func<byte[], byte[]> Distort { get; set; } = bytes => bytes;

    public string? CommitBody { get; private set; }

    public int LfsChunkBytes { get; set; } = int.MaxValue;

    StandInHub(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public ZooClient Open(string? token = "hf_test") => new(new()
    {
        Endpoint = new(Address, "prefix"), Token = token, RetryDelay = TimeSpan.FromMilliseconds(2), MaxAttempts = 4,
        RangeThresholdBytes = 1 << 20, RangeSizeBytes = 1 << 19,
    });

    public static async Task<StandInHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null);
        var hub = new StandInHub(builder.Build());
        hub._app.Use(hub.TroubleAsync);
        hub._app.UseRouting();
        hub._app.MapMethods("/prefix/ada/old/resolve/{rev}/{**path}", ["GET", "HEAD"], (string rev, string path) =>
            Results.Redirect($"/prefix/ada/vit/resolve/{rev}/{path}", permanent: false, preserveMethod: true));
        hub._app.MapMethods("/prefix/ada/vit/resolve/{rev}/{**path}", ["GET", "HEAD"], (Delegate)hub.ResolveAsync);
        hub._app.MapGet("/prefix/api/models/ada/vit/revision/{rev}", () => Results.Json(new { id = "ada/vit", sha = Commit, gated = false }));
        hub._app.MapGet("/prefix/api/models/ada/vit/tree/{rev}", hub.Tree);
        hub._app.MapPost("/prefix/api/models/ada/vit/preupload/{rev}", Preupload);
        hub._app.MapPost("/prefix/ada/vit.git/info/lfs/objects/batch", hub.Batch);
        hub._app.MapMethods("/part/{number:int}", ["PUT", "HEAD"], (Delegate)hub.PartAsync);
        hub._app.MapPost("/complete", hub.Complete);
        hub._app.MapPost("/prefix/api/models/ada/vit/commit/{rev}", (Delegate)hub.CommitAsync);
        await hub._app.StartAsync();
        return hub;
    }

    async Task TroubleAsync(HttpContext context, RequestDelegate next)
    {
        Log.Enqueue($"{context.Request.Method} {context.Request.Path}{(context.Request.Headers.Range.Count > 0 ? " " + context.Request.Headers.Range : "")}{(context.Request.Headers.Authorization.Count > 0 ? " +token" : "")}");
        if (!Failures.TryDequeue(out var status))
        {
            await next(context);
            return;
        }
        context.Response.StatusCode = status;
        if (status == 429) context.Response.Headers.RetryAfter = "0";
    }

    async Task ResolveAsync(HttpContext context, string path)
    {
        if (!Files.TryGetValue(path, out var content))
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = "EntryNotFound";
            context.Response.Headers["X-Request-Id"] = "r1";
            await context.Response.WriteAsJsonAsync(new { error = "Entry not found" });
            return;
        }
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));
        var headers = context.Response.Headers;
        (headers["X-Repo-Commit"], headers.ETag, headers["X-Linked-Etag"], headers["X-Linked-Size"]) = (Commit, $"\"{digest}\"", $"\"{digest}\"", $"{content.Length}");
        var (from, to) = (0, content.Length);
        if (!IgnoresRanges && context.Request.GetTypedHeaders().Range?.Ranges.FirstOrDefault() is { } range)
        {
            (from, to) = ((int)range.From!.Value, (int)Math.Min(content.Length, range.To!.Value + 1));
            context.Response.StatusCode = 206;
            headers.ContentRange = $"bytes {from}-{to - 1}/{content.Length}";
        }
        context.Response.ContentLength = to - from;
        if (context.Request.Method == "HEAD") return;
        var body = Distort(content[from..to]);
        if (Drops.TryDequeue(out var after))
        {
            await context.Response.Body.WriteAsync(body.AsMemory(0, Math.Min(after, body.Length)));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }
        await context.Response.Body.WriteAsync(body);
    }

    IResult Tree() => Results.Json(Files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => new
    {
        type = "file", path = f.Key, size = f.Value.Length, oid = new string('1', 40),
        lfs = new { oid = Convert.ToHexStringLower(SHA256.HashData(f.Value)), size = f.Value.Length, pointerSize = 134 },
    }));

    static IResult Preupload(JsonElement body) => Results.Json(new
    {
        files = body.GetProperty("files").EnumerateArray().Select(f => new
        {
            path = f.GetProperty("path").GetString(), shouldIgnore = false,
            uploadMode = f.GetProperty("path").GetString()!.EndsWith(".bin", StringComparison.Ordinal) ? "lfs" : "regular",
            oid = f.GetProperty("path").GetString() == "same.txt" ? "ce013625030ba8dba906f756967f9e9ca394464a" : null,      // "hello\n", as git names it
        }),
        commitOid = Commit,
    });

    IResult Batch(JsonElement body)
    {
        var objects = body.GetProperty("objects").EnumerateArray().Select(o =>
        {
            var size = o.GetProperty("size").GetInt64();
            var header = new Dictionary<string, string> { ["chunk_size"] = $"{LfsChunkBytes}" };
            for (var i = 1; i <= (size + LfsChunkBytes - 1) / LfsChunkBytes; i++) header[$"{i:D5}"] = new Uri(Address, $"/part/{i}?sig=a%2Fb").AbsoluteUri;
            return new { oid = o.GetProperty("oid").GetString(), size, actions = new { upload = new { href = new Uri(Address, "/complete").AbsoluteUri, header } } };
        });
        return Results.Json(new { transfer = "multipart", objects });
    }

    async Task<IResult> PartAsync(HttpContext context, int number)
    {
        if (context.Request.Method == "HEAD")
        {
            if (!AnswersPartProbes) return Results.StatusCode(405);
            if (!Parts.TryGetValue(number, out var known)) return Results.NotFound();
            context.Response.Headers.ETag = Name(known);
            return Results.Ok();
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Parts[number] = body.ToArray();
        context.Response.Headers.ETag = Name(Parts[number]);
        return Results.Ok();
    }

    IResult Complete(JsonElement body)
    {
        var parts = body.GetProperty("parts").EnumerateArray().ToArray();
        var whole = new List<byte>();
        foreach (var part in parts)
        {
            var content = Parts[part.GetProperty("partNumber").GetInt32()];
            if (part.GetProperty("etag").GetString() != Name(content)) return Results.Json(new { message = "wrong part" }, statusCode: 422);
            whole.AddRange(content);
        }
        var digest = Convert.ToHexStringLower(SHA256.HashData(whole.ToArray()));
        if (digest != body.GetProperty("oid").GetString()) return Results.Json(new { message = "wrong digest" }, statusCode: 422);
        return Results.Ok();
    }

    async Task<IResult> CommitAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        CommitBody = await reader.ReadToEndAsync();
        return Results.Json(new { success = true, commitOid = Commit, commitUrl = $"{Address}commit" });
    }

    static string Name(byte[] part) => $"\"{Convert.ToHexStringLower(SHA256.HashData(part))[..16]}\"";

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

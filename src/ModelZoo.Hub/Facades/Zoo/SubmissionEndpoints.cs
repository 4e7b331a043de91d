using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Submissions;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Takes results and predictions: `zoo submit FILE --model … --benchmark …`.</summary>
static class SubmissionEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost($"{ZooRoutes.Base}/submissions", TakeAsync)
        .Describe<JsonObject>("submit", "evaluations", "Hand in results or predictions: ?model=, ?benchmark=, ?task=, ?name= (the model's name in a table), ?file=; the body is the file, a zip archive, or a form with files")
        .ProducesProblem(400).ProducesProblem(404).ProducesProblem(413).ProducesProblem(422).ProducesProblem(429);

    static async Task<IResult> TakeAsync(SignedIn me, HttpContext http, AccessPolicy policy, SubmissionDesk submissions, HubOptions options, CancellationToken stop)
    {
        var query = http.Request.Query;
        var model = (ContributingRepository)await GetAsync(RepositoryKind.Model, BoardAddress.Text(query, "model"), "model", AccessLevel.Contribute, me, policy, stop);
        var benchmark = await GetAsync(RepositoryKind.Dataset, BoardAddress.Text(query, "benchmark"), "benchmark", AccessLevel.Read, me, policy, stop);
        var files = await ReadAsync(http, BoardAddress.Text(query, "file") ?? "submission", options.Submissions.MaxBytes, stop);
        var taken = await submissions.TakeAsync(model, benchmark, BoardAddress.Text(query, "task"), BoardAddress.Text(query, "name"), files, stop);
        return Results.Json(new JsonObject
        {
            ["format"] = taken.Format, ["commit"] = taken.CommitId, ["pullRequest"] = taken.PullNumber, ["attemptsLeft"] = taken.Left,
            ["scores"] = new JsonArray([.. taken.Scores.Where(score => score.Record.Subgroup is null).Take(1_000).Select(score => (JsonNode)new JsonObject
            {
                ["task"] = score.Record.Task.Id, ["metric"] = score.Record.Metric, ["filter"] = score.Record.Filter, ["value"] = score.Record.Value, ["stderr"] = score.Record.Stderr, ["n"] = score.Record.N,
                ["standing"] = score.IsReported ? "reported" : "claimed", ["unranked"] = score.Record.Unranked, ["notes"] = score.Notes,
            })]),
            ["findings"] = new JsonArray([.. taken.Findings.Select(finding => (JsonNode)finding)]),
        });
    }

    static async Task<ReadableRepository> GetAsync(RepositoryKind kind, string? id, string field, AccessLevel level, SignedIn me, AccessPolicy policy, CancellationToken stop)
    {
        if (id?.Split('/') is not [var owner, var name]) throw Refusal.Invalid($"\"{field}\" must name a {kind.Word()} as owner/name.");
        try
        {
            return await policy.GetAsync(kind, owner, name, me.Actor, level, stop);
        }
        catch (RepositoryMoved moved)
        {
            return await policy.GetAsync(moved.Repository.Id, me.Actor, level, stop);
        }
    }

    /// <summary>The body as one file, or the files of a form.</summary>
    public static async Task<SubmittedFiles> ReadAsync(HttpContext http, string name, long mostBytes, CancellationToken stop, Action<string, string>? field = null)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = mostBytes + (1 << 20);
        var files = new SubmittedFiles(mostBytes);
        var left = mostBytes;
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            files.Add(name, await AllAsync(http.Request.Body));
            return files.Close();
        }
        if (HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary) throw Refusal.Invalid("The form has no boundary.");
        try
        {
            var reader = new MultipartReader(boundary, http.Request.Body);
            while (await reader.ReadNextSectionAsync(stop) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)) continue;
                var fileName = disposition.FileNameStar.Value ?? HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
                var content = await AllAsync(section.Body);
                if (fileName is null) field?.Invoke(HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "", System.Text.Encoding.UTF8.GetString(content.AsSpan(0, Math.Min(content.Length, 4096))));
                else if (fileName.Length > 0 || content.Length > 0) files.Add(fileName, content);
            }
        }
        catch (InvalidDataException error)
        {
            throw Refusal.Invalid($"The form cannot be read: {error.Message}");
        }
        return files.Close();

        async Task<byte[]> AllAsync(Stream body)
        {
            using var buffer = new MemoryStream();
            var piece = new byte[81920];
            for (int read; (read = await body.ReadAsync(piece, stop)) > 0;)
            {
                if ((left -= read) < 0) throw new Refusal(RefusalKind.TooLarge, $"A submission may have {mostBytes} bytes.");
                buffer.Write(piece, 0, read);
            }
            return buffer.ToArray();
        }
    }
}

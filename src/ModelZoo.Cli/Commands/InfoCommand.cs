using System.CommandLine;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo info REPO[@revision]`.</summary>
static class InfoCommand
{
    public static Command Build()
    {
        var repo = RepoAddress.Argument();
        return HubCall.On(new Command("info", "Describe a repository") { repo, RepoAddress.Kind, HubCall.Json }, async call =>
        {
            var where = RepoAddress.From(call, repo);
            if (call.Screen.IsJson)
            {
                call.Screen.Json(await call.Zoo.GetRepositoryJsonAsync(where.Repo, where.Revision, call.Stop));
                return;
            }
            var repository = await call.Zoo.GetRepositoryAsync(where.Repo, where.Revision, withSizes: true, call.Stop);
            var size = repository.Siblings?.Sum(s => s.SizeBytes ?? 0);
            List<string[]> rows = [
                ["id", repository.Id],
                ["kind", where.Repo.Kind.ToString().ToLowerInvariant()],
                ["commit", repository.Sha ?? ""],
                ["changed", Screen.Date(repository.LastModified)],
                ["visibility", repository.Private ? "private" : "public"],
                ["task", repository.PipelineTag ?? ""],
                ["library", repository.LibraryName ?? ""],
                ["parameters", repository.Safetensors is { } count ? $"{count.Total:N0}" : ""],
                ["files", repository.Siblings is { } files ? $"{files.Count} ({Screen.Size(size ?? 0)})" : ""],
                ["downloads", repository.Downloads is { } downloads ? $"{downloads:N0}" : ""],
                ["likes", repository.Likes is { } likes ? $"{likes:N0}" : ""],
                ["tags", string.Join(", ", repository.Tags ?? [])],
                ["description", repository.Description ?? ""],
            ];
            call.Screen.Table(["", ""], [.. rows.Where(r => r[1].Length > 0)]);
        });
    }
}

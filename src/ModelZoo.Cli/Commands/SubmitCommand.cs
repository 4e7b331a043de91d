using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using ModelZoo.Client;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo submit FILE --model … --benchmark …`: hands results or predictions in, and says what became of them.</summary>
static class SubmitCommand
{
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "Results of a harness, or a prediction file; a folder is sent as an archive" };
        var model = new Option<string>("--model") { Description = "The model that the results are of, owner/name", Required = true };
        var benchmark = new Option<string>("--benchmark") { Description = "The dataset with the benchmark, owner/name", Required = true };
        var task = new Option<string?>("--task") { Description = "The benchmark's task, where the file does not say" };
        var name = new Option<string?>("--name") { Description = "The model's name in a table of several" };
        return HubCall.On(new Command("submit", "Hand in results or predictions for a benchmark") { file, model, benchmark, task, name, HubCall.Json }, async call =>
        {
            var path = call.Get(file);
            var (sent, content) = File.Exists(path) ? (Path.GetFileName(path), await File.ReadAllBytesAsync(path, call.Stop))
                : Directory.Exists(path) ? (Path.GetFileName(Path.GetFullPath(path)) + ".zip", Pack(path)) : throw new UsageException($"There is no '{path}'.");
            var answer = await call.Zoo.SubmitAsync(RepoId.Parse(call.Get(model)!, RepoKind.Model), call.Get(benchmark)!, call.Get(task), call.Get(name), sent, content, call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(answer);
            else Tell(call.Screen, answer);
        });
    }

    static void Tell(Screen screen, JsonElement answer)
    {
        foreach (var score in answer.GetProperty("scores").EnumerateArray())
            screen.Line(Screen.Clean($"{score.GetProperty("task").GetString()}  {score.GetProperty("metric").GetString()} {score.GetProperty("value")}  {score.GetProperty("standing").GetString()}{(score.GetProperty("unranked").GetString() is { } reason ? $", not ranked: {reason}" : "")}"));
        foreach (var finding in answer.GetProperty("findings").EnumerateArray()) screen.Error.WriteLine(Screen.Clean(finding.GetString()!));
        screen.Line(answer.GetProperty("pullRequest") is { ValueKind: JsonValueKind.Number } pull ? $"Proposed as pull request {pull}." : $"Committed as {answer.GetProperty("commit").GetString()}.");
        if (answer.GetProperty("attemptsLeft") is { ValueKind: JsonValueKind.Number } left) screen.Line($"{left} attempts are left today.");
    }

    static byte[] Pack(string folder)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)) archive.CreateEntryFromFile(file, Path.GetRelativePath(folder, file).Replace('\\', '/'));
        return buffer.ToArray();
    }
}

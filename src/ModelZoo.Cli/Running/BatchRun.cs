using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Inference;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Serving;

namespace ModelZoo.Cli.Running;

/// <summary>
/// Asks a model everything in a file and writes a line for each answer. What was done is said by the output itself, and by a small file beside it that names the
/// model, the inputs by their digest, and the parameters: a run goes on only where all of them are the same.
/// </summary>
sealed class BatchRun(ServedModel model, ModelFolder source, JsonObject asked, int batch)
{
    public async Task<(int Done, int Failed, int Skipped)> RunAsync(string input, string output, bool resumes, Action<int> progress, CancellationToken stop)
    {
        var record = new JsonObject
        {
            ["model"] = source.Name, ["commit"] = source.Commit, ["modelDigest"] = await DigestAsync(source.Path, stop), ["inputs"] = Path.GetFileName(Path.GetFullPath(input)),
            ["inputsDigest"] = await DigestAsync(input, stop), ["request"] = asked.DeepClone(), ["engine"] = OnnxRuntime.Engine,
        };
        var note = output + ".run.json";
        var done = new HashSet<string>(StringComparer.Ordinal);
        if (File.Exists(output))
        {
            if (!resumes) throw new UsageException($"'{output}' is there already: --resume goes on with it.");
            if (!File.Exists(note) || !JsonNode.DeepEquals(JsonNode.Parse(await File.ReadAllTextAsync(note, stop)), JsonNode.Parse(record.ToJsonString())))
                throw new UsageException($"'{output}' was made with another model, other inputs or other parameters; give another --out.");
            await TakeAsync(output, done, stop);
        }
        await File.WriteAllTextAsync(note, record.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n", stop);
        var (count, failed, skipped) = (0, 0, 0);
        await using var writer = new StreamWriter(output, append: true);
        foreach (var some in RunInput.Read(input, asked["task"]?.GetValue<string>()).Chunk(batch))
        {
            var open = some.Where(one => !done.Contains(one.Id)).ToList();
            skipped += some.Length - open.Count;
            foreach (var line in await Task.WhenAll(open.Select(one => AskAsync(one, stop))))
            {
                if (line["error"] is not null) failed++;
                await writer.WriteLineAsync(line.ToJsonString());
            }
            // What is written is whole: a run that is stopped loses at most the batch it is in.
            await writer.FlushAsync(stop);
            count += open.Count;
            progress(count + skipped);
        }
        return (count, failed, skipped);
    }

    async Task<JsonObject> AskAsync(RunInput input, CancellationToken stop)
    {
        var request = (JsonObject)asked.DeepClone();
        if (input.Json is { } json) request["inputs"] = json.DeepClone();
        try
        {
            var bytes = input.File is { } file ? await File.ReadAllBytesAsync(file, stop) : [];
            var answer = (await model.AskAsync(request, bytes, null, stop)).Json;
            return new() { ["id"] = input.Id, ["outputs"] = answer["outputs"]?.DeepClone() };
        }
        catch (Exception e) when (e is InferenceException { Fault: InferenceFault.Input or InferenceFault.Limit } or IOException)
        {
            return new() { ["id"] = input.Id, ["error"] = e.Message };
        }
    }

    /// <summary>The ids of whole lines; half a line at the end, of a run that was killed, is cut off.</summary>
    static async Task TakeAsync(string output, HashSet<string> done, CancellationToken stop)
    {
        var text = await File.ReadAllTextAsync(output, stop);
        var end = text.LastIndexOf('\n') + 1;
        if (end < text.Length) await File.WriteAllTextAsync(output, text[..end], stop);
        foreach (var line in text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            done.Add(JsonNode.Parse(line)!["id"]!.GetValue<string>());
    }

    /// <summary>SHA-256 of a file; of a folder that of the list of its files' digests and paths, as scores name models.</summary>
    static async Task<string> DigestAsync(string path, CancellationToken stop)
    {
        if (File.Exists(path))
        {
            await using var file = File.OpenRead(path);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop));
        }
        var lines = new List<string>();
        foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !Path.GetRelativePath(path, file).StartsWith('.')).OrderBy(file => Path.GetRelativePath(path, file).Replace('\\', '/'), StringComparer.Ordinal))
            lines.Add($"{await DigestAsync(file, stop)}  {Path.GetRelativePath(path, file).Replace('\\', '/')}\n");
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines))));
    }
}

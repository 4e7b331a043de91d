using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Profiles;

/// <summary>The records of one kind in a commit, and what is wrong with its file.</summary>
/// <param name="Path">Null when the commit has no such file.</param>
/// <param name="Problem">In plain sentences, one a line; null when nothing is wrong.</param>
sealed record OwnRecords(RepoPath? Path, IReadOnlyList<OwnRecord> Records, string? Problem);

/// <summary>Reads and rewrites the files in which repositories describe their own devices and workloads. A bad file or row is said, and never stops a commit.</summary>
sealed class RecordFile(TreeReader trees)
{
    public const int MaxBytes = 1 << 20;

    public const int MaxRows = 1_000;

    const int MaxProblems = 10;

    public async Task<OwnRecords> ReadAsync(long spaceId, ObjectId tree, RecordKind kind, CancellationToken stop)
    {
        var (path, content, problem) = await ContentAsync(spaceId, tree, kind, stop);
        if (content is null) return new(path, [], problem);
        var records = new List<OwnRecord>();
        var problems = new List<string>();
        if (problem is not null) problems.Add(problem);
        try
        {
            var (rows, number) = (RecordTable.Parse(content), 0);
            if (rows.Count > MaxRows) problems.Add($"The file has {rows.Count} rows; the first {MaxRows} count.");
            foreach (var row in rows.Take(MaxRows))
            {
                number++;
                try
                {
                    var record = OwnRecord.From(kind, row);
                    if (records.Exists(other => other.Id == record.Id)) problems.Add($"Row {number}: the id '{record.Id}' stands there twice; the first counts.");
                    else records.Add(record);
                }
                catch (Exception mistake) when (mistake is ProfileException or OverflowException)
                {
                    problems.Add($"Row {number}: {mistake.Message}");
                }
            }
        }
        catch (ProfileException mistake)
        {
            problems.Add(mistake.Message);
        }
        if (problems.Count > MaxProblems) problems = [.. problems.Take(MaxProblems), $"{problems.Count - MaxProblems} more rows are left out."];
        return new(path, records, problems.Count == 0 ? null : string.Join('\n', problems));
    }

    /// <summary>The file with one record put in, replaced or taken out (null). The form it has stays: CSV keeps its columns and gains what is new.</summary>
    /// <exception cref="ProfileException">The file that is there cannot be read, so it cannot be changed either.</exception>
    public async Task<(RepoPath Path, byte[] Content)?> ChangeAsync(long spaceId, ObjectId tree, RecordKind kind, string id, IReadOnlyDictionary<string, string>? fields, CancellationToken stop)
    {
        var (found, content, problem) = await ContentAsync(spaceId, tree, kind, stop);
        if (found is not null && content is null) throw new ProfileException($"{found} cannot be changed: {problem}");
        var path = found ?? kind.Files()[1];
        var rows = content is null ? [] : RecordTable.Parse(content).ToList();
        var at = rows.FindIndex(row => row.GetValueOrDefault("id") == id);
        if (fields is null && at < 0) return null;
        if (fields is null) rows.RemoveAt(at);
        else if (at >= 0) rows[at] = fields;
        else rows.Add(fields);
        if (rows.Count > MaxRows) throw new ProfileException($"{path} would have more than {MaxRows} rows.");
        var written = path.Value.EndsWith(".csv", StringComparison.Ordinal) ? ToCsv(rows) : ToJson(rows);
        return written.Length <= MaxBytes ? (path, written) : throw new ProfileException($"{path} would have more than {MaxBytes} bytes.");
    }

    async Task<(RepoPath? Path, byte[]? Content, string? Problem)> ContentAsync(long spaceId, ObjectId tree, RecordKind kind, CancellationToken stop)
    {
        var there = new List<FolderEntry>();
        foreach (var path in kind.Files())
            if (await trees.FindAsync(spaceId, tree, path, stop) is { Mode: EntryMode.File or EntryMode.Executable } entry) there.Add(entry);
        if (there.Count == 0) return (null, null, null);
        var file = there[0];
        if (file.Pointer is not null || file.BlobBytes > MaxBytes) return (file.Path, null, $"The file has {file.SizeBytes} bytes; at most {MaxBytes} are read.");
        var problem = there.Count > 1 ? $"{there[1].Path} is left out, because {file.Path} is there too." : null;
        return (file.Path, await trees.GetContentAsync(spaceId, file.Id, stop), problem);
    }

    static byte[] ToJson(List<IReadOnlyDictionary<string, string>> rows)
    {
        var list = new JsonArray([.. rows.Select(row =>
        {
            var item = new JsonObject();
            foreach (var (name, text) in row) item[name] = Typed(text);
            return (JsonNode)item;
        })]);
        return Encoding.UTF8.GetBytes(list.ToJsonString(new JsonSerializerOptions { WriteIndented = true, IndentSize = 2, NewLine = "\n" }) + "\n");
    }

    /// <summary>Numbers and objects as such, so that the file reads as people write it; everything else as text.</summary>
    static JsonNode? Typed(string text)
    {
        if (text.Length == 0) return null;
        if (text[0] is '{' or '[' or '-' || char.IsAsciiDigit(text[0]))
            try
            {
                if (JsonNode.Parse(text, documentOptions: new() { MaxDepth = ProfileLimits.MaxDepth }) is { } node && node.GetValueKind() is JsonValueKind.Number or JsonValueKind.Object or JsonValueKind.Array) return node;
            }
            catch (JsonException)
            {
                return text;
            }
        return text;
    }

    static byte[] ToCsv(List<IReadOnlyDictionary<string, string>> rows)
    {
        var columns = rows.SelectMany(row => row.Keys).Distinct(StringComparer.Ordinal).ToList();
        if (columns.Count == 0) columns.Add("id");
        var text = new StringBuilder().AppendJoin(',', columns.Select(Quoted)).Append('\n');
        foreach (var row in rows) text.AppendJoin(',', columns.Select(column => Quoted(row.GetValueOrDefault(column, "")))).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());

        static string Quoted(string field) => field.AsSpan().ContainsAny(",\"\n\r") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
    }
}

using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>
/// Reads a commit's body line by line. Inline content is decoded as it comes and stored in batches, so memory holds a few
/// files however many the commit has; what is stored stays invisible until the commit refers to it.
/// </summary>
sealed class CommitPayload(Repository repository, GitObjectStore objects, long inlineBytes)
{
    const int BatchBytes = 16 * 1024 * 1024;

    static readonly JsonReaderOptions s_options = new() { MaxDepth = 16 };

    /// <summary>A line holds one file as base64 (4/3 of its size), or as escaped text, which may take six characters each.</summary>
    readonly long _maxLineBytes = (inlineBytes * 6) + 65_536;

    readonly List<FileOperation> _operations = [];
    readonly List<StoredObject> _batch = [];
    long _batchBytes;
    (string Summary, string Description, ObjectId? Parent)? _header;

    /// <summary>The README.md that the commit brings, if it does: its metadata is checked.</summary>
    public byte[]? Readme { get; private set; }

    public async Task<CommitDraft> ReadAsync(PipeReader body, CancellationToken stop)
    {
        for (var number = 1; ;)
        {
            var result = await body.ReadAsync(stop);
            var buffer = result.Buffer;
            try
            {
                while (TryTakeLine(ref buffer, result.IsCompleted, out var line))
                {
                    RefuseLongLine(line.Length, number);
                    if (!IsBlank(line)) TakeLine(line, number);
                    number++;
                    if (_batchBytes > BatchBytes) await FlushAsync(stop);
                }
                RefuseLongLine(buffer.Length, number);
            }
            finally
            {
                // Also after a refusal: the server drains what is left of the body, and cannot while this read is open.
                body.AdvanceTo(buffer.Start, buffer.End);
            }
            if (result.IsCompleted) break;
        }
        await FlushAsync(stop);
        if (_header is not { } header) throw Refusal.Invalid("The commit has no header line.");
        return new(header.Summary, header.Description, header.Parent, _operations);
    }

    void RefuseLongLine(long length, int number)
    {
        if (length > _maxLineBytes)
            throw new Refusal(RefusalKind.TooLarge, $"Line {number} is longer than {_maxLineBytes} bytes: files above {inlineBytes} bytes go through LFS.");
    }

    static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }
        line = buffer;
        if (!isLast || buffer.IsEmpty) return false;
        buffer = buffer.Slice(buffer.End);
        return true;
    }

    static bool IsBlank(in ReadOnlySequence<byte> line)
    {
        if (line.Length > 64) return false;
        foreach (var segment in line)
            if (segment.Span.ContainsAnyExcept(" \t\r"u8)) return false;
        return true;
    }

    void TakeLine(in ReadOnlySequence<byte> line, int number)
    {
        try
        {
            Take(line, number);
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws when text is taken out of it that is not Unicode.
            throw Refusal.Invalid($"Line {number} has text that is not Unicode (stray bytes or half a surrogate pair).");
        }
    }

    void Take(in ReadOnlySequence<byte> line, int number)
    {
        JsonElement root;
        try
        {
            var reader = new Utf8JsonReader(line, s_options);
            using var document = JsonDocument.ParseValue(ref reader);
            root = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw Refusal.Invalid($"Line {number} is not valid JSON (position {error.BytePositionInLine + 1}).");
        }
        if (root.ValueKind != JsonValueKind.Object || Text(root, "key") is not { } key || !root.TryGetProperty("value", out var value) || value.ValueKind != JsonValueKind.Object)
            throw Refusal.Invalid($"Line {number} must be an object with \"key\" and \"value\".");
        if (key == "header") TakeHeader(value, number);
        else if (_header is null) throw Refusal.Invalid("The first line of a commit must be its header.");
        else TakeOperation(key, value, number);
    }

    void TakeHeader(JsonElement value, int number)
    {
        if (_header is not null) throw Refusal.Invalid($"Line {number}: a commit has one header.");
        var (summary, description) = (Text(value, "summary") ?? "", Text(value, "description") ?? "");
        if (summary.Trim().Length == 0) throw Refusal.Invalid("\"summary\" must not be empty.");
        if (summary.Length > CommitDraft.MaxSummaryLength) throw Refusal.Invalid($"\"summary\" may have at most {CommitDraft.MaxSummaryLength} characters.");
        if (description.Length > CommitDraft.MaxDescriptionLength) throw Refusal.Invalid($"\"description\" may have at most {CommitDraft.MaxDescriptionLength} characters.");
        ObjectId? parent = null;
        if (Text(value, "parentCommit") is { Length: > 0 } text && !ObjectId.TryParse(text.ToLowerInvariant(), out parent))
            throw Refusal.Invalid("\"parentCommit\" must be a full commit id of 40 hex digits.");
        _header = (summary.Replace("\0", ""), description.Replace("\0", ""), parent);
    }

    void TakeOperation(string key, JsonElement value, int number)
    {
        if (_operations.Count >= CommitDraft.MaxOperations)
            throw new Refusal(RefusalKind.TooLarge, $"A commit may have at most {CommitDraft.MaxOperations} operations; split it into several.");
        // A folder may be named with a slash at its end, a file may not.
        var path = Path(value, "path", number, isFolder: key is "deletedFolder" or "deletedFile");
        switch (key)
        {
            case "file":
                var blob = StoredObject.Blob(Content(value, path, number));
                if (blob.Pointer is { } pointer)
                {
                    // The text of a pointer, sent inline, means the large content it names.
                    _operations.Add(new PutLarge(path, pointer.Digest, pointer.SizeBytes));
                    break;
                }
                if (path.Value == "README.md") Readme = blob.Content;
                _batch.Add(blob);
                _batchBytes += blob.Content.Length;
                _operations.Add(new PutFile(path, blob.Id));
                break;
            case "lfsFile":
                if (Text(value, "algo") is { } algorithm && algorithm is not ("sha256" or "sha_256")) throw Refusal.Invalid($"Line {number}: \"algo\" must be sha256.");
                if (!Digest.TryParse(Text(value, "oid"), out var digest)) throw Refusal.Invalid($"Line {number}: \"oid\" must be a SHA-256 digest of 64 lowercase hex digits.");
                long? size = value.TryGetProperty("size", out var stated) && stated.ValueKind == JsonValueKind.Number && stated.TryGetInt64(out var bytes) ? bytes : null;
                _operations.Add(new PutLarge(path, digest, size));
                break;
            case "deletedFile" or "deletedFolder":
                _operations.Add(new DeletePath(path));
                return;
            default:
                throw Refusal.Invalid($"Line {number}: unknown operation \"{(key.Length > 50 ? key[..50] : key)}\"; known are file, lfsFile, deletedFile and deletedFolder.");
        }
        if (Text(value, "oldPath") is { Length: > 0 } && Path(value, "oldPath", number) is var old && old != path)
            _operations.Insert(_operations.Count - 1, new DeleteIfPresent(old));
    }

    byte[] Content(JsonElement value, RepoPath path, int number)
    {
        if (!value.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String) throw Refusal.Invalid($"Line {number}: \"content\" is required.");
        byte[]? bytes;
        switch (Text(value, "encoding"))
        {
            case "base64":
                if (!content.TryGetBytesFromBase64(out bytes)) throw Refusal.Invalid($"Line {number}: the content of '{path}' is not valid base64.");
                break;
            case null or "utf-8" or "utf8":
                bytes = Encoding.UTF8.GetBytes(content.GetString()!);
                break;
            default:
                throw Refusal.Invalid($"Line {number}: \"encoding\" must be base64 or utf-8.");
        }
        if (bytes.Length > inlineBytes)
            throw new Refusal(RefusalKind.TooLarge, $"'{path}' has {bytes.Length} bytes; files above {inlineBytes} bytes go through LFS.");
        return bytes;
    }

    static RepoPath Path(JsonElement value, string name, int number, bool isFolder = false) =>
        RepoPath.TryParse(isFolder ? Text(value, name)?.TrimEnd('/') : Text(value, name), out var path, out var problem)
            ? path
            : throw new Refusal(RefusalKind.Unprocessable, $"Line {number}: {problem}");

    static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;

    async Task FlushAsync(CancellationToken stop)
    {
        if (_batch.Count == 0) return;
        await objects.AddAsync(repository.SpaceId, _batch, stop);
        _batch.Clear();
        _batchBytes = 0;
    }
}

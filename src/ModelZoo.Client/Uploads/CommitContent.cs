using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>
/// A commit as newline-delimited JSON, written as it is sent: files are read from disk and turned into base64 on the way, so a
/// commit of any size takes one buffer. The length is known beforehand.
/// </summary>
sealed class CommitContent : HttpContent
{
    /// <summary>A multiple of three, so that base64 of the pieces is base64 of the whole.</summary>
    const int ReadBytes = 3 * 64 * 1024;

    static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>What follows the base64 text in a line.</summary>
    static readonly byte[] LineEnd = "\"}}\n"u8.ToArray();

    readonly List<(byte[] Text, UploadSource? Source)> _lines = [];

    public CommitContent(CommitRequest request)
    {
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        Add("header", new { summary = request.Summary, description = request.Description ?? "", parentCommit = request.ParentCommit });
    }

    public void AddFile(RepoPath path, UploadSource source)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new { key = "file", value = new { path = path.Value, encoding = "base64", content = "" } }, Plain);
        _lines.Add((line[..^3], source));                     // up to and with the quote that opens the content
    }

    public void AddLfsFile(RepoPath path, Digest digest, long sizeBytes) =>
        Add("lfsFile", new { path = path.Value, algo = "sha256", oid = digest.Hex, size = sizeBytes });

    public void DeleteFile(RepoPath path) => Add("deletedFile", new { path = path.Value });

    public void DeleteFolder(RepoPath path) => Add("deletedFolder", new { path = path.Value });

    void Add(string key, object value) => _lines.Add(([.. JsonSerializer.SerializeToUtf8Bytes(new { key, value }, Plain), (byte)'\n'], null));

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        foreach (var (text, source) in _lines)
            length += text.Length + (source is null ? 0 : (source.SizeBytes + 2) / 3 * 4 + LineEnd.Length);
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken stop)
    {
        var raw = ArrayPool<byte>.Shared.Rent(ReadBytes);
        var text = ArrayPool<byte>.Shared.Rent(ReadBytes / 3 * 4);
        try
        {
            foreach (var (line, source) in _lines)
            {
                await stream.WriteAsync(line, stop);
                if (source is null) continue;
                await WriteBase64Async(source, stream, raw, text, stop);
                await stream.WriteAsync(LineEnd, stop);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    static async Task WriteBase64Async(UploadSource source, Stream stream, byte[] raw, byte[] text, CancellationToken stop)
    {
        await using var content = source.Open();
        for (var left = source.SizeBytes; left > 0;)
        {
            var wanted = (int)Math.Min(ReadBytes, left);
            if (await content.ReadAtLeastAsync(raw.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, stop) < wanted)
                throw new IOException("A file became shorter while it was being uploaded.");
            if (Base64.EncodeToUtf8(raw.AsSpan(0, wanted), text, out _, out var written) != OperationStatus.Done) throw new InvalidOperationException("Base64 buffer.");
            await stream.WriteAsync(text.AsMemory(0, written), stop);
            left -= wanted;
        }
    }
}

using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

/// <summary>Content cut into chunks and packed into one xorb, with all that a client says about it.</summary>
sealed record Packed(byte[] Content, Xorb Xorb)
{
    public string Oid => Convert.ToHexStringLower(SHA256.HashData(Content));

    public XetHash FileHash => MerkleAggregation.OfFile(Xorb.Index.Chunks);

    public static List<byte[]> Cut(byte[] content)
    {
        var (chunks, chunker) = (new List<byte[]>(), new GearChunker());
        for (var rest = content.AsSpan(); rest.Length > 0;)
        {
            var length = chunker.TryCut(rest, out var taken) ? taken : chunker.Finish();
            chunks.Add(rest[..length].ToArray());
            rest = rest[length..];
        }
        return chunks;
    }

    public static Packed Of(byte[] content) => new(content, PackChunks(Cut(content)));

    public static Xorb PackChunks(IEnumerable<byte[]> chunks)
    {
        var writer = new XorbWriter();
        foreach (var chunk in chunks) Assert.True(writer.TryAdd(chunk));
        return writer.Finish();
    }

    /// <summary>The file as a shard tells of it: all chunks of the one xorb.</summary>
    public ShardFile File => Describe(Content, (Xorb, Xorb.Index.All));

    public Shard Shard => new([File], [ShardXorb.Of(Xorb.Index)], null);

    public static ShardFile Describe(byte[] content, params (Xorb Xorb, ChunkRange Chunks)[] runs)
    {
        var file = new MerkleAggregation();
        foreach (var (xorb, chunks) in runs)
            for (var i = chunks.Start; i < chunks.End; i++) file.Append(xorb.Index.Chunks[i]);
        return new(
            file.FinishFile(),
            [.. runs.Select(run => new ShardTerm(run.Xorb.Hash, run.Chunks, run.Xorb.Index.ContentLengthOf(run.Chunks)))],
            [.. runs.Select(run => run.Xorb.Index.VerificationHashOf(run.Chunks))],
            XetHash.FromSha256(SHA256.HashData(content)));
    }
}

/// <summary>The calls of a client that speaks Xet, by hand, so that they can be made wrongly.</summary>
sealed class XetSender(TestActor who, string repo)
{
    JsonNode? _write, _read;

    public string Repo => repo;

    public static byte[] Random(int bytes, int seed)
    {
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        return content;
    }

    public async Task<JsonNode> TokenAsync(bool write) => await who.GetJsonAsync($"{TestActor.Api(repo)}/xet-{(write ? "write" : "read")}-token/main");

    public async Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, bool write = true, byte[]? body = null, (string Name, string Value)? header = null, string? token = null)
    {
        var given = write ? _write ??= await TokenAsync(true) : _read ??= await TokenAsync(false);
        var request = new HttpRequestMessage(method, given["casUrl"]!.GetValue<string>() + path) { Content = body is null ? null : new ByteArrayContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? given["accessToken"]!.GetValue<string>());
        if (header is var (name, value)) request.Headers.TryAddWithoutValidation(name, value);
        return await Anonymous.SendAsync(request);
    }

    static readonly HttpClient Anonymous = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    public Task<HttpResponseMessage> SendXorbAsync(XetHash hash, byte[] body) => CallAsync(HttpMethod.Post, $"/v1/xorbs/default/{hash}", body: body);

    public Task<HttpResponseMessage> SendXorbAsync(Xorb xorb) => SendXorbAsync(xorb.Hash, xorb.Bytes.ToArray());

    public Task<HttpResponseMessage> SendShardAsync(Shard shard, string version = "v1") => CallAsync(HttpMethod.Post, $"/{version}/shards", body: shard.Encode());

    public static async Task AcceptedAsync(Task<HttpResponseMessage> sending)
    {
        var response = await sending;
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    public static async Task<string> RefusedAsync(Task<HttpResponseMessage> sending, int status = 400)
    {
        var response = await sending;
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} instead of {status}: {text}");
        return JsonNode.Parse(text)!["error"]!.GetValue<string>();
    }

    /// <summary>Xorb, shard, commit.</summary>
    public async Task<Packed> UploadAsync(string path, byte[] content)
    {
        var packed = Packed.Of(content);
        await AcceptedAsync(SendXorbAsync(packed.Xorb));
        await AcceptedAsync(SendShardAsync(packed.Shard));
        await who.CommitAsync(repo, TestActor.Large(path, packed.Oid, content.Length));
        return packed;
    }

    public async Task<JsonNode> PlanAsync(XetHash file, string? range = null, string version = "v2") =>
        await TestActor.ReadAsync(await CallAsync(HttpMethod.Get, $"/{version}/reconstructions/{file}", write: false, header: range is null ? null : ("Range", range)));

    /// <summary>What a client makes of a plan of the newer shape: fetches each address once, decodes, and puts the terms together.</summary>
    public static async Task<byte[]> FetchAsync(JsonNode plan, long length)
    {
        var chunks = new Dictionary<(string, int), byte[]>();
        foreach (var (xorb, entries) in plan["xorbs"]!.AsObject())
            foreach (var entry in entries!.AsArray())
            {
                var ranges = entry!["ranges"]!.AsArray();
                var request = new HttpRequestMessage(HttpMethod.Get, entry["url"]!.GetValue<string>());
                request.Headers.TryAddWithoutValidation("Range", "bytes=" + string.Join(',', ranges.Select(r => $"{r!["bytes"]!["start"]}-{r["bytes"]!["end"]}")));
                var response = await Anonymous.SendAsync(request);
                Assert.Equal(206, (int)response.StatusCode);
                var parts = await PartsAsync(response, ranges.Count);
                for (var i = 0; i < ranges.Count; i++)
                    for (var (at, chunk) = (0, ranges[i]!["chunks"]!["start"]!.GetValue<int>()); at < parts[i].Length; chunk++)
                    {
                        var header = ChunkHeader.Parse(parts[i].AsSpan(at));
                        var content = new byte[header.Length];
                        ChunkCodec.Decode(header, parts[i].AsSpan(at + ChunkHeader.Size, header.StoredLength), content);
                        Assert.True(chunks.TryAdd((xorb, chunk), content), "ranges overlap");
                        at += ChunkHeader.Size + header.StoredLength;
                    }
            }
        var file = new MemoryStream();
        foreach (var term in plan["terms"]!.AsArray())
            for (var i = term!["range"]!["start"]!.GetValue<int>(); i < term["range"]!["end"]!.GetValue<int>(); i++) file.Write(chunks[(term["hash"]!.GetValue<string>(), i)]);
        return file.ToArray().AsSpan(plan["offset_into_first_range"]!.GetValue<int>(), (int)length).ToArray();
    }

    static async Task<List<byte[]>> PartsAsync(HttpResponseMessage response, int count)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        if (count == 1) return [body];
        var boundary = response.Content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary").Value!;
        var (parts, latin) = (new List<byte[]>(), System.Text.Encoding.Latin1);
        foreach (var part in latin.GetString(body).Split("--" + boundary)[1..^1]) parts.Add(latin.GetBytes(part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..^2]));
        Assert.Equal(count, parts.Count);
        return parts;
    }
}

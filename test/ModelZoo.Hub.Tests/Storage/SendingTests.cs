using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Storage;

/// <summary>Files over a real server: through sendfile, through TLS, through HTTP/2, byte for byte.</summary>
[Collection(Alone.Name)]
public sealed class SendingTests : IAsyncLifetime
{
    static readonly CancellationToken None = CancellationToken.None;
    static readonly Bytes Large = Bytes.Random((9 << 20) + 4321, 1);

    readonly string _root = Path.Combine(Path.GetTempPath(), $"zoo-sending-{Guid.NewGuid():n}");
    FolderBlobStore _store = null!;
    BlobServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _store = new(_root);
        await _store.WriteAsync(Large.Digest, Large.Size, Large.Send(), None);
        _server = await BlobServer.StartAsync(_store, TimeSpan.FromSeconds(3));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    static string Address(Bytes bytes) => $"/blob/{bytes.Digest.Hex}/{bytes.Size}";

    static void AssertSlice(int from, byte[] body) => Assert.True(Large.Content.AsSpan(from, body.Length).SequenceEqual(body));

    static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, string? range = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (range is not null) request.Headers.TryAddWithoutValidation("Range", range);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request);
    }

    [Theory]
    [InlineData(false, "1.1")]
    [InlineData(true, "1.1")]
    [InlineData(true, "2.0")]
    public async Task Whole_and_random_ranges_are_byte_exact(bool encrypted, string version)
    {
        using var http = _server.Client(encrypted, Version.Parse(version));
        using (var whole = await GetAsync(http, Address(Large)))
        {
            Assert.Equal(200, (int)whole.StatusCode);
            Assert.Equal(Large.Content, await whole.Content.ReadAsByteArrayAsync());
        }
        var random = new Random(7);
        await Parallel.ForAsync(0, 40, async (i, stop) =>
        {
            int from, to;
            lock (random)
            {
                from = random.Next(Large.Content.Length);
                to = random.Next(from, i % 2 == 0 ? Large.Content.Length : Math.Min(from + 5000, Large.Content.Length));
            }
            using var part = await GetAsync(http, Address(Large), $"bytes={from}-{to}");
            Assert.Equal(206, (int)part.StatusCode);
            Assert.Equal(to - from + 1, part.Content.Headers.ContentLength);
            Assert.Equal($"bytes {from}-{to}/{Large.Size}", part.Content.Headers.ContentRange!.ToString());
            AssertSlice(from, await part.Content.ReadAsByteArrayAsync(stop));
        });
    }

    [Theory]
    [InlineData("bytes=2-4", 206, "234", "bytes 2-4/10")]
    [InlineData("BYTES=2-", 206, "23456789", "bytes 2-9/10")]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-99999999999999999999", 206, "0123456789", "bytes 0-9/10")]
    [InlineData("bytes=8-99999999999999999999", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=0-0", 206, "0", "bytes 0-0/10")]
    [InlineData("bytes=10-", 416, "", "bytes */10")]
    [InlineData("bytes=99999999999999999999-", 416, "", "bytes */10")]
    [InlineData("bytes=-0", 416, "", "bytes */10")]
    [InlineData("bytes=0-1,3-4", 200, "0123456789", null)]
    [InlineData("bytes=4-2", 200, "0123456789", null)]
    [InlineData("bytes=-", 200, "0123456789", null)]
    [InlineData("bytes=a-b", 200, "0123456789", null)]
    [InlineData("bytes=+1-2", 200, "0123456789", null)]
    [InlineData("lines=1-2", 200, "0123456789", null)]
    public async Task Ranges_mean_the_same_for_blobs_and_for_memory(string range, int status, string body, string? contentRange)
    {
        var small = new Bytes(BlobServer.Memory);
        await _store.WriteAsync(small.Digest, small.Size, small.Send(), None);
        using var http = _server.Client();
        foreach (var path in new[] { "/memory", Address(small) })
        {
            using var answer = await GetAsync(http, path, range);
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(body, await answer.Content.ReadAsStringAsync());
            Assert.Equal(contentRange, answer.Content.Headers.ContentRange?.ToString());
            Assert.Equal("\"tag\"", answer.Headers.ETag!.ToString());
            Assert.Equal("bytes", answer.Headers.AcceptRanges.ToString());
            Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
        }
    }

    [Theory]
    [InlineData("If-None-Match", "\"tag\"", 304)]
    [InlineData("If-None-Match", "W/\"tag\"", 304)]
    [InlineData("If-None-Match", "\"a\", \"tag\"", 304)]
    [InlineData("If-None-Match", "*", 304)]
    [InlineData("If-None-Match", "\"other\"", 206)]
    [InlineData("If-Match", "\"tag\"", 206)]
    [InlineData("If-Match", "\"other\"", 412)]
    [InlineData("If-Range", "\"tag\"", 206)]
    [InlineData("If-Range", "W/\"tag\"", 200)]
    [InlineData("If-Range", "\"other\"", 200)]
    [InlineData("If-Range", "Wed, 21 Oct 2015 07:28:00 GMT", 200)]
    [InlineData("If-Range", "nonsense", 200)]
    public async Task Conditions_decide_before_ranges(string header, string value, int status)
    {
        using var http = _server.Client();
        foreach (var path in new[] { "/memory", Address(Large) })
        {
            using var answer = await GetAsync(http, path, "bytes=1-3", (header, value));
            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal("\"tag\"", answer.Headers.ETag!.ToString());
            if (status is 304 or 412) Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task An_empty_file_answers_200_to_a_range()
    {
        var empty = new Bytes([]);
        await _store.WriteAsync(empty.Digest, 0, empty.Send(), None);
        using var http = _server.Client();
        foreach (var path in new[] { "/empty", Address(empty) })
        {
            using var answer = await GetAsync(http, path, "bytes=0-0");
            Assert.Equal((200, "bytes */0", 0L), ((int)answer.StatusCode, answer.Content.Headers.ContentRange!.ToString(), answer.Content.Headers.ContentLength));
        }
    }

    [Fact]
    public async Task Head_tells_the_length_without_reading_the_blob()
    {
        using var http = _server.Client();
        var absent = Bytes.Random(77, 2);
        using var request = new HttpRequestMessage(HttpMethod.Head, Address(absent));
        using var answer = await http.SendAsync(request);
        Assert.Equal((200, 77L), ((int)answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Equal("inline; filename=\"w.bin\";", answer.Content.Headers.NonValidated["Content-Disposition"].ToString());
        Assert.Equal("no-cache", answer.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_lost_blob_is_an_error_before_the_first_byte()
    {
        using var http = _server.Client();
        using var answer = await GetAsync(http, Address(Bytes.Random(77, 3)));
        Assert.Equal(500, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Long_ordinary_responses_pass_the_same_connection()
    {
        using var http = _server.Client();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(3_000_000, (await http.GetStringAsync("/long")).Length);
            using var part = await GetAsync(http, Address(Large), "bytes=0-99999");
            AssertSlice(0, await part.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order_and_byte_exact()
    {
        await Parallel.ForAsync(0, 6, async (seed, stop) =>
        {
            var random = new Random(seed);
            using var socket = await _server.ConnectAsync();
            await using var stream = new NetworkStream(socket);
            for (var round = 0; round < 8; round++)
            {
                var ranges = Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
                {
                    var from = random.Next(Large.Content.Length);
                    return (from, to: Math.Min(Large.Content.Length - 1, from + random.Next(random.Next(2) == 0 ? 2_000_000 : 200)));
                }).ToList();
                var requests = string.Concat(ranges.Select(r => $"GET {Address(Large)} HTTP/1.1\r\nHost: x\r\nRange: bytes={r.from}-{r.to}\r\n\r\n"));
                await stream.WriteAsync(Encoding.ASCII.GetBytes(requests), stop);
                foreach (var (from, to) in ranges)
                {
                    Assert.Contains($"bytes {from}-{to}/", await ReadHeadAsync(stream), StringComparison.Ordinal);
                    var body = new byte[to - from + 1];
                    await stream.ReadExactlyAsync(body, stop);
                    AssertSlice(from, body);
                }
            }
        });
    }

    static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }
        return head.ToString();
    }

    [Fact]
    public async Task Clients_that_leave_midway_do_not_disturb_others()
    {
        await Parallel.ForAsync(0, 40, async (i, stop) =>
        {
            using var socket = await _server.ConnectAsync(receiveBuffer: 8192);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {Address(Large)} HTTP/1.1\r\nHost: x\r\n\r\n"), stop);
            var some = new byte[1000 * (i + 1)];
            await socket.ReceiveAsync(some, stop);
            socket.Close(i % 2);
        });
        using var http = _server.Client();
        Assert.Equal(Large.Content, await http.GetByteArrayAsync(Address(Large)));
    }

    [Fact]
    public async Task A_slow_client_gets_everything_and_a_stalled_one_is_cut_off()
    {
        using var slow = await _server.ConnectAsync(receiveBuffer: 16384);
        using var stalled = await _server.ConnectAsync(receiveBuffer: 16384);
        var request = Encoding.ASCII.GetBytes($"GET {Address(Large)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await slow.SendAsync(request);
        await stalled.SendAsync(request);

        var (received, buffer) = (0L, new byte[200_000]);
        for (int read; (read = await slow.ReceiveAsync(buffer)) > 0; received += read)
            if (received < 2_000_000) await Task.Delay(50);
        Assert.InRange(received, Large.Size, Large.Size + 1000);

        await Task.Delay(TimeSpan.FromSeconds(5));    // beyond the server's limit of 3 s
        var got = 0L;
        await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            for (int read; (read = await stalled.ReceiveAsync(buffer)) > 0;) got += read;
            if (got < Large.Size) throw new SocketException((int)SocketError.ConnectionReset);      // an early end is as good as a reset
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_is_cut_while_it_is_sent_breaks_the_connection(bool encrypted)
    {
        var path = _store.FindLocalFile(Large.Digest)!;
        using var http = _server.Client(encrypted);
        using var answer = await http.GetAsync(Address(Large), HttpCompletionOption.ResponseHeadersRead);
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) RandomAccess.SetLength(file, 100);
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Uploads_pass_the_large_blocks()
    {
        var bytes = Bytes.Random((20 << 20) + 1, 5);
        foreach (var encrypted in new[] { false, true })
        {
            using var http = _server.Client(encrypted, encrypted ? HttpVersion.Version20 : HttpVersion.Version11);
            using var content = new ByteArrayContent(bytes.Content);
            using var wrong = new ByteArrayContent(Bytes.Random(3_000_000, 6).Content);
            Assert.Equal(422, (int)(await http.PutAsync($"/blob/{bytes.Digest.Hex}", wrong)).StatusCode);
            Assert.Equal(200, (int)(await http.PutAsync($"/blob/{bytes.Digest.Hex}", content)).StatusCode);
            Assert.Equal(bytes.Content, await http.GetByteArrayAsync(Address(bytes)));
            await _store.DeleteAsync(bytes.Digest, None);
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_root, "staging")));
    }
}

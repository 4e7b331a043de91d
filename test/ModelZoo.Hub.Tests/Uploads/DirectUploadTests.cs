using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Tests.Maintenance;

namespace ModelZoo.Hub.Tests.Uploads;

public sealed class DirectHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) =>
        options.Storage = options.Storage with { DirectUploads = true, RedirectDownloads = true, DirectAboveBytes = 50_000 };
}

/// <summary>Large content between clients and the object store; the hub only says where, and checks.</summary>
public sealed class DirectUploadTests(DirectHub hub) : IClassFixture<DirectHub>
{
    static readonly HttpClient s_http = new();

    [Fact]
    public async Task Large_content_goes_to_the_store_and_small_content_through_the_hub()
    {
        var repo = await hub.Ada.CreateAsync();
        var (small, large) = (RandomNumberGenerator.GetBytes(50_000), RandomNumberGenerator.GetBytes(50_001));
        Assert.StartsWith(hub.Url, await hub.Ada.UploadAddressAsync(repo, small));
        var address = await hub.Ada.UploadAddressAsync(repo, large);
        Assert.StartsWith(hub.Options.Storage.Endpoint!, address);
        await PutAsync(address, large);
        await Lfs.AssertNotStoredAsync(hub, Lfs.Digest(large));
        Assert.Equal(HttpStatusCode.OK, (await VerifyAsync(hub.Ada, repo, large)).StatusCode);
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", Lfs.Digest(large), large.Length));
        Assert.False((await hub.Ada.BatchAsync(repo, "upload", Lfs.Digest(large), large.Length)).AsObject().ContainsKey("actions"));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_download_is_sent_to_the_store_while_facts_and_first_bytes_come_from_the_hub()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = RandomNumberGenerator.GetBytes(200_000);
        var oid = Lfs.Digest(content);
        await PutAsync(await hub.Ada.UploadAddressAsync(repo, content), content);
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", oid, content.Length));
        var head = await hub.Nobody.SendAsync(HttpMethod.Head, $"/{repo}/resolve/main/w.bin");
        Assert.Equal((HttpStatusCode.OK, $"\"{oid}\"", content.Length), (head.StatusCode, head.Headers.ETag!.Tag, head.Content.Headers.ContentLength));
        var get = await hub.Nobody.ResolveAsync(repo, "w.bin");
        Assert.Equal((HttpStatusCode.Redirect, $"\"{oid}\""), (get.StatusCode, get.Headers.ETag!.Tag));
        Assert.Equal([$"\"{oid}\""], get.Headers.GetValues("X-Linked-Etag"));
        Assert.Equal(content, await s_http.GetByteArrayAsync(get.Headers.Location));
        using var glance = new HttpRequestMessage(HttpMethod.Get, $"/{repo}/resolve/main/w.bin") { Headers = { Range = new RangeHeaderValue(0, 0) } };
        var first = await hub.Nobody.Http.SendAsync(glance);
        Assert.Equal((HttpStatusCode.PartialContent, $"\"{oid}\"", content.Length), (first.StatusCode, first.Headers.ETag!.Tag, (int)first.Content.Headers.ContentRange!.Length!));
        using var range = new HttpRequestMessage(HttpMethod.Get, $"/{repo}/resolve/main/w.bin") { Headers = { Range = new RangeHeaderValue(1_000, 150_000) } };
        var elsewhere = await hub.Nobody.Http.SendAsync(range);
        using var same = new HttpRequestMessage(HttpMethod.Get, elsewhere.Headers.Location) { Headers = { Range = new RangeHeaderValue(1_000, 150_000) } };
        Assert.Equal(content[1_000..150_001], await (await s_http.SendAsync(same)).Content.ReadAsByteArrayAsync());
        var lfs = (await hub.Ada.BatchAsync(repo, "download", oid, content.Length))["actions"]!["download"]!["href"]!.GetValue<string>();
        Assert.StartsWith(hub.Options.Storage.Endpoint!, lfs);
        Assert.Equal(content, await s_http.GetByteArrayAsync(lfs));
    }

    [Fact]
    public async Task A_client_that_says_nothing_after_sending_is_understood_by_its_commit()
    {
        var repo = await hub.Ada.CreateAsync();
        var contents = Enumerable.Range(0, 5).Select(i => RandomNumberGenerator.GetBytes(60_000 + i)).ToList();
        foreach (var content in contents) await PutAsync(await hub.Ada.UploadAddressAsync(repo, content), content);
        await hub.Ada.CommitAsync(repo, [.. contents.Select((content, i) => TestActor.Large($"{i}.bin", Lfs.Digest(content), content.Length))]);
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Bytes_that_were_not_promised_are_refused_by_verify_and_by_the_commit_and_can_be_sent_anew()
    {
        var repo = await hub.Ada.CreateAsync();
        var (content, other) = (RandomNumberGenerator.GetBytes(70_000), RandomNumberGenerator.GetBytes(70_000));
        var oid = Lfs.Digest(content);
        await PutAsync(await hub.Ada.UploadAddressAsync(repo, content), other);
        Assert.Equal(HttpStatusCode.BadRequest, (await VerifyAsync(hub.Ada, repo, content)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await VerifyAsync(hub.Ada, repo, content)).StatusCode);
        await PutAsync(await hub.Ada.UploadAddressAsync(repo, content), content[..^1]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync(TestActor.Api(repo), "c", null, TestActor.Large("w.bin", oid, content.Length))).StatusCode);
        await Lfs.AssertNotStoredAsync(hub, oid);
        await PutAsync(await hub.Ada.UploadAddressAsync(repo, content), content);
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", oid, content.Length));
    }

    [Fact]
    public async Task What_somebody_else_sent_is_not_ones_own()
    {
        var (ada, eve) = (await hub.JoinAsync(), await hub.JoinAsync());
        var (repo, hers) = (await ada.CreateAsync(), await eve.CreateAsync());
        var content = RandomNumberGenerator.GetBytes(80_000);
        await PutAsync(await ada.UploadAddressAsync(repo, content), content);
        // Eve knows the digest, and even promises the same content: without sending it she gets nothing.
        await eve.UploadAddressAsync(hers, content);
        Assert.Equal(HttpStatusCode.NotFound, (await VerifyAsync(eve, hers, content)).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await eve.TryCommitAsync(TestActor.Api(hers), "c", null, TestActor.Large("w.bin", Lfs.Digest(content), content.Length))).StatusCode);
        await ada.CommitAsync(repo, TestActor.Large("w.bin", Lfs.Digest(content), content.Length));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await eve.TryCommitAsync(TestActor.Api(hers), "c", null, TestActor.Large("w.bin", Lfs.Digest(content), content.Length))).StatusCode);
    }

    [Fact]
    public async Task An_interrupted_upload_in_parts_says_what_the_store_has_and_goes_on()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = RandomNumberGenerator.GetBytes((33 << 20) + 5);
        var first = Upload(await hub.Ada.BatchAsync(repo, "upload", Lfs.Digest(content), content.Length, "multipart"));
        var partBytes = int.Parse(first["header"]!["chunk_size"]!.GetValue<string>());
        var etag = await PutAsync(first["header"]!["00001"]!.GetValue<string>(), content[..partBytes]);
        var again = Upload(await hub.Ada.BatchAsync(repo, "upload", Lfs.Digest(content), content.Length, "multipart"));
        Assert.Equal($"1={etag.Trim('"')}", again["header"]!["stored"]!.GetValue<string>());
        var second = await PutAsync(again["header"]!["00002"]!.GetValue<string>(), content[partBytes..]);
        var parts = new[] { new { partNumber = 1, etag }, new { partNumber = 2, etag = second } };
        // The client's connection breaks and it asks again, twice at once: one completion, three answers.
        var href = new Uri(again["href"]!.GetValue<string>()).PathAndQuery;
        var done = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => hub.Nobody.SendAsync(HttpMethod.Post, href, new { oid = Lfs.Digest(content), parts })));
        Assert.All(done, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", Lfs.Digest(content), content.Length));
    }

    [Fact]
    public async Task Our_own_command_line_pushes_and_pulls_past_the_hub()
    {
        var folder = Directory.CreateTempSubdirectory("zoo-direct-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "out"));
            var (whole, inParts) = (RandomNumberGenerator.GetBytes(12_000_000), RandomNumberGenerator.GetBytes(40_000_000));
            await File.WriteAllBytesAsync(Path.Combine(folder, "out", "whole.bin"), whole);
            await File.WriteAllBytesAsync(Path.Combine(folder, "out", "parts.safetensors"), inParts);
            string[] hubOptions = ["--endpoint", hub.Url, "--token", hub.Ada.Token!];
            var (code, words) = await Upkeep.ZooAsync(["push", Path.Combine(folder, "out"), "ada/pushed", .. hubOptions]);
            Assert.True(code == 0, words);
            (code, words) = await Upkeep.ZooAsync(["pull", "ada/pushed", Path.Combine(folder, "in"), .. hubOptions]);
            Assert.True(code == 0, words);
            Assert.Equal(whole, await File.ReadAllBytesAsync(Path.Combine(folder, "in", "whole.bin")));
            Assert.Equal(inParts, await File.ReadAllBytesAsync(Path.Combine(folder, "in", "parts.safetensors")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Sweeping_beside_uploads_takes_nothing_that_somebody_is_about_to_commit()
    {
        var repo = await hub.Ada.CreateAsync();
        using var stop = new CancellationTokenSource();
        var sweeping = Task.Run(async () => { while (!stop.IsCancellationRequested) await hub.SweepAsync(TimeSpan.FromSeconds(20)); });
        var contents = Enumerable.Range(0, 6).Select(i => RandomNumberGenerator.GetBytes(60_000 + i)).ToList();
        // Twice each: the second time the content may be known, going, or gone.
        foreach (var content in contents.Concat(contents))
        {
            var other = await hub.Ada.CreateAsync();
            await SendAndCommitAsync(other, content);
            Assert.Equal(HttpStatusCode.Redirect, (await hub.Nobody.ResolveAsync(other, "w.bin")).StatusCode);
            await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = other.Split('/')[1], type = "model" });
        }
        await hub.Ada.CommitTextAsync(repo, "a.txt", "still here");
        await stop.CancelAsync();
        await sweeping;
        await hub.RequireCleanAsync();
    }

    /// <summary>As a client does that sends again what was just being removed, because nobody had used it for longer than the grace.</summary>
    async Task SendAndCommitAsync(string repo, byte[] content)
    {
        for (var attempt = 1; ; attempt++)
        {
            if ((await hub.Ada.BatchAsync(repo, "upload", Lfs.Digest(content), content.Length))["actions"]?["upload"]?["href"]?.GetValue<string>() is { } href) await PutAsync(href, content);
            var answer = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "c", null, TestActor.Large("w.bin", Lfs.Digest(content), content.Length));
            if (answer.IsSuccessStatusCode) return;
            Assert.True(answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.UnprocessableEntity && attempt < 6, await answer.Content.ReadAsStringAsync());
            await Task.Delay(500);
        }
    }

    static JsonNode Upload(JsonNode answer) => answer["actions"]!["upload"]!;

    static Task<HttpResponseMessage> VerifyAsync(TestActor who, string repo, byte[] content) =>
        who.SendAsync(HttpMethod.Post, $"/{repo}.git/info/lfs/objects/verify", new { oid = Lfs.Digest(content), size = content.Length });

    static async Task<string> PutAsync(string address, byte[] content)
    {
        using var put = await s_http.PutAsync(new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }), new ByteArrayContent(content));
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        return put.Headers.ETag!.Tag;
    }
}

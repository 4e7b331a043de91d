using System.Net;
using System.Security.Cryptography;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Uploads;

public abstract class WholeUploadTests(TestHub hub)
{
    static byte[] Random(int length = 100_000) => RandomNumberGenerator.GetBytes(length);

    [Theory]
    [InlineData(-1, false)]
    [InlineData(1, false)]
    [InlineData(-1, true)]
    [InlineData(1, true)]
    [InlineData(100_000, true)]
    [InlineData(-100_000, true)]
    public async Task A_body_that_is_shorter_or_longer_than_promised_is_refused_and_nothing_stays(int difference, bool chunked)
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Random();
        var href = await hub.Ada.UploadAddressAsync(repo, content);
        var wrong = difference < 0 ? content[..^-difference] : [.. content, .. new byte[difference]];

        var refused = await hub.Nobody.Http.PutAsync(href, chunked ? Lfs.Chunked(wrong) : new ByteArrayContent(wrong));

        Assert.True((int)refused.StatusCode is 400 or 413, $"{refused.StatusCode}");
        await Lfs.MessageAsync(refused);
        await IsAbsentAsync(repo, content);
        // The same address takes the right bytes afterwards.
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content))).StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_bytes_of_the_same_length_are_refused_and_nothing_stays(bool chunked)
    {
        var repo = await hub.Ada.CreateAsync();
        var (content, other) = (Random(), Random());
        var href = await hub.Ada.UploadAddressAsync(repo, content);

        var refused = await hub.Nobody.Http.PutAsync(href, chunked ? Lfs.Chunked(other) : new ByteArrayContent(other));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.NotEmpty(await Lfs.MessageAsync(refused));
        await IsAbsentAsync(repo, content);
        await Lfs.AssertNotStoredAsync(hub, Lfs.Digest(other));
    }

    [Fact]
    public async Task A_size_that_lies_about_the_digest_leads_nowhere()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Random();
        var href = await hub.Ada.UploadAddressAsync(repo, content, content.Length - 1);

        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content[..^1]))).StatusCode);
        await IsAbsentAsync(repo, content);
    }

    [Fact]
    public async Task The_same_upload_again_is_answered_alike()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Random();
        var href = await hub.Ada.UploadAddressAsync(repo, content);
        for (var i = 0; i < 3; i++)
        {
            var put = await hub.Nobody.Http.PutAsync(href, i == 1 ? Lfs.Chunked(content) : new ByteArrayContent(content));
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            Assert.Equal($"\"{Lfs.Digest(content)}\"", put.Headers.ETag!.ToString());
        }
        var wrong = (byte[])content.Clone();
        wrong[0] ^= 1;
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(wrong))).StatusCode);
        await hub.Ada.CommitAsync(repo, TestActor.Large("w.bin", Lfs.Digest(content), content.Length));
        Assert.Equal(content, await hub.Nobody.ReadFileAsync(repo, "w.bin"));
    }

    [Fact]
    public async Task Many_who_send_the_same_content_at_once_all_succeed()
    {
        var content = Random(2_000_000);
        var oid = Lfs.Digest(content);
        var people = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hub.JoinAsync()));
        var repos = await Task.WhenAll(people.Select(p => p.CreateAsync()));
        var hrefs = await Task.WhenAll(people.Zip(repos).SelectMany(p => new[] { p, p }).Select(p => p.First.UploadAddressAsync(p.Second, content)));

        var puts = await Task.WhenAll(hrefs.Select(href => hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content))));

        Assert.All(puts, put => Assert.Equal(HttpStatusCode.OK, put.StatusCode));
        foreach (var (person, repo) in people.Zip(repos)) await person.CommitAsync(repo, TestActor.Large("w.bin", oid, content.Length));
        Assert.All(await Task.WhenAll(repos.Select(repo => hub.Nobody.ReadFileAsync(repo, "w.bin"))), read => Assert.Equal(content, read));
        var stored = 0;
        await foreach (var blob in hub.Get<IBlobStore>().ListAsync(default)) stored += blob.Digest.Hex == oid ? 1 : 0;
        Assert.Equal(1, stored);
    }

    [Fact]
    public async Task Empty_content_can_be_uploaded_and_read()
    {
        var repo = await hub.Ada.CreateAsync();
        var oid = await hub.Ada.UploadAsync(repo, []);
        await hub.Ada.CommitAsync(repo, TestActor.Large("empty.bin", oid, 0));

        Assert.Empty(await hub.Nobody.ReadFileAsync(repo, "empty.bin"));
        var entry = (await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main")).AsArray().Single(e => e!["path"]!.GetValue<string>() == "empty.bin")!;
        Assert.Equal(0, entry["lfs"]!["size"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_tampered_or_unsigned_address_takes_nothing()
    {
        var repo = await hub.Ada.CreateAsync();
        var (content, other) = (Random(), Random());
        var href = await hub.Ada.UploadAddressAsync(repo, content);
        var foreign = await hub.Ada.UploadAddressAsync(repo, other);
        var id = new Uri(href).AbsolutePath.Split('/')[3];
        var foreignId = new Uri(foreign).AbsolutePath.Split('/')[3];

        foreach (var bad in new[] { href.Split('?')[0], href.Replace(id, foreignId), href.Replace("signature=", "signature=0"), href.Replace("expires=", "expires=1"), $"{hub.Url}/api/uploads/zzz?expires=1&signature=x" })
        {
            var refused = await hub.Nobody.Http.PutAsync(bad, new ByteArrayContent(content));
            Assert.True((int)refused.StatusCode is 403 or 404, $"{refused.StatusCode}");
            await Lfs.MessageAsync(refused);
        }
        await IsAbsentAsync(repo, content);
    }

    [Fact]
    public async Task An_address_that_has_expired_says_so()
    {
        var repo = await hub.Ada.CreateAsync();
        var content = Random();
        var href = await hub.Ada.UploadAddressAsync(repo, content);
        Assert.True(Kernel.Ids.TryFromWire(new Uri(href).AbsolutePath.Split('/')[3], out var id));
        var expired = hub.Get<Kernel.UrlSigner>().Sign(Facades.Lfs.TransferEndpoints.UploadSubject(id), TimeSpan.FromSeconds(-5));

        var refused = await hub.Nobody.Http.PutAsync($"{href.Split('?')[0]}?{expired}", new ByteArrayContent(content));

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("expired", await Lfs.MessageAsync(refused));
        await IsAbsentAsync(repo, content);
    }

    async Task IsAbsentAsync(string repo, byte[] content)
    {
        var oid = Lfs.Digest(content);
        await Lfs.AssertNotStoredAsync(hub, oid);
        Assert.NotNull((await hub.Ada.BatchAsync(repo, "upload", oid, content.Length))["actions"]!["upload"]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.TryCommitAsync($"/api/models/{repo}", "s", null, TestActor.Large("w.bin", oid, content.Length))).StatusCode);
    }
}

public sealed class WholeUploadTests_Sqlite(SqliteHub hub) : WholeUploadTests(hub), IClassFixture<SqliteHub>;

public sealed class WholeUploadTests_Postgres(PostgresHub hub) : WholeUploadTests(hub), IClassFixture<PostgresHub>;

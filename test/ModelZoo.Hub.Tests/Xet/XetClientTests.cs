using System.Security.Cryptography;
using ModelZoo.Client;
using ModelZoo.Git;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Tests.Xet;

/// <summary>Our own client moves large files as chunks, through every trouble, and falls back where it must.</summary>
public abstract class XetClientTests(TestHub hub) : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("zoo-xet-").FullName;

    [Fact]
    public async Task A_changed_file_sends_only_what_changed_and_comes_back_whole_either_way()
    {
        var (zoo, repo, network) = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(12_000_000);
        var first = await PushAsync(zoo, repo, content);
        Assert.InRange(first.UploadedBytes, content.Length, content.Length + 10_000);
        Assert.Equal(0, first.KnownBytes);
        Assert.Equal(0, network.Count("POST", "/objects/batch"));

        // Bytes in the middle change, and others are put in, so that everything behind them moves.
        RandomNumberGenerator.Fill(content.AsSpan(5_000_000, 100_000));
        byte[] second = [.. content[..8_000_000], 1, 2, 3, .. content[8_000_000..]];
        var outcome = await PushAsync(zoo, repo, second);
        Assert.True(outcome.UploadedBytes < 1_000_000, $"{outcome.UploadedBytes} bytes were sent.");
        Assert.True(outcome.KnownBytes > 11_000_000, $"{outcome.KnownBytes} bytes were known.");

        Assert.Equal(second, await PullAsync(zoo, repo, "chunks"));
        Assert.True(network.Count("GET", "/reconstructions/") > 0);
        Assert.Equal(0, network.Count("GET", "w.bin"));
        Assert.Equal(second, await PullAsync(Open(network, useXet: false), repo, "whole"));
        Assert.True(network.Count("GET", "w.bin") > 0);

        var nothing = await PushAsync(zoo, repo, second);
        Assert.Equal((false, 1), (nothing.IsNew, nothing.UnchangedFiles));
    }

    [Fact]
    public async Task A_file_whose_beginning_changed_is_known_by_its_middle()
    {
        var (zoo, repo, _) = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(12_000_000);
        MakeAskedFor(content, content.Length * 2 / 3);
        await PushAsync(zoo, repo, content);
        RandomNumberGenerator.Fill(content.AsSpan(0, 1000));
        var outcome = await PushAsync(zoo, repo, content);
        Assert.True(outcome.UploadedBytes < 300_000, $"{outcome.UploadedBytes} bytes were sent.");
        Assert.Equal(content, await PullAsync(zoo, repo, "beginning"));
    }

    /// <summary>Changes a chunk near an offset until its hash is one that clients ask about. Cuts stay: they do not depend on a chunk's first 8,000 bytes.</summary>
    static void MakeAskedFor(byte[] content, int near)
    {
        var chunker = new GearChunker();
        int start = 0, end = 0;
        while (end < near)
        {
            start = end;
            chunker.TryCut(content.AsSpan(end), out var taken);
            end += taken;
        }
        for (var number = 0; !XetHashes.OfChunk(content.AsSpan(start, end - start)).IsGlobal; number++) BitConverter.TryWriteBytes(content.AsSpan(start + 100), number);
    }

    [Fact]
    public async Task Lost_connections_cost_a_try_and_nothing_else()
    {
        var (zoo, repo, network) = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(9_000_000);
        var (lost, broken) = (new HashSet<string>(), new HashSet<string>());
        network.Before = request => IsChunkStore(request) && lost.Add(Kind(request)) ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was reset.") : null;
        network.After = (request, response) => IsChunkStore(request) && response.IsSuccessStatusCode && broken.Add(Kind(request))
            ? TroubledHandler.BreakAsync(response, 100) : Task.FromResult(response);
        await PushAsync(zoo, repo, content);
        Assert.Equal(content, await PullAsync(zoo, repo, "lost"));
        Assert.Superset(new HashSet<string> { "POST xorbs", "POST shards", "GET reconstructions", "GET xorbs" }, lost);
        Assert.Superset(new HashSet<string> { "POST shards", "GET reconstructions", "GET xorbs" }, broken);
        Assert.Equal(0, network.Count("GET", "w.bin"));
    }

    [Fact]
    public async Task A_token_that_is_not_taken_any_more_is_renewed()
    {
        var (zoo, repo, network) = await OpenAsync();
        var refused = 0;
        network.Before = request => IsChunkStore(request) && request.Headers.Authorization is not null && Interlocked.Increment(ref refused) == 1 ? TroubledHandler.Answer(401) : null;
        var content = RandomNumberGenerator.GetBytes(5_000_000);
        await PushAsync(zoo, repo, content);
        Assert.Equal(2, network.Count("GET", "/xet-write-token/"));
        refused = 0;
        Assert.Equal(content, await PullAsync(zoo, repo, "renewed"));
        Assert.Equal(2, network.Count("GET", "/xet-read-token/"));
    }

    [Fact]
    public async Task What_the_hub_offered_and_does_not_take_is_sent_after_all()
    {
        var (zoo, repo, network) = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(6_000_000);
        await PushAsync(zoo, repo, content);
        content[3_000_000] ^= 1;
        var refused = 0;
        network.Before = request => Kind(request) == "POST shards" && refused++ == 0 ? TroubledHandler.Answer(400, """{"error":"a xorb is not known"}""") : null;
        var outcome = await PushAsync(zoo, repo, content);
        Assert.True(outcome.UploadedBytes >= content.Length);
        Assert.Equal(0, outcome.KnownBytes);
        Assert.Equal(content, await PullAsync(zoo, repo, "after-all"));
    }

    [Fact]
    public async Task A_hub_that_does_not_offer_chunks_gets_the_file_whole()
    {
        var (zoo, repo, network) = await OpenAsync();
        network.Before = request => request.RequestUri!.AbsolutePath.Contains("/xet-", StringComparison.Ordinal) ? TroubledHandler.Answer(404) : null;
        var content = RandomNumberGenerator.GetBytes(5_000_000);
        Assert.Equal(content.Length, (await PushAsync(zoo, repo, content)).UploadedBytes);
        Assert.Equal(0, network.Count("POST", "/xorbs/"));
        Assert.True(network.Count("PUT", "/") > 0);
        Assert.Equal(content, await PullAsync(zoo, repo, "whole"));
    }

    [Fact]
    public async Task Small_large_files_share_a_xorb_and_the_same_content_is_sent_once()
    {
        var (zoo, repo, network) = await OpenAsync();
        var contents = Enumerable.Range(0, 30).Select(i => RandomNumberGenerator.GetBytes(20_000 + i)).ToArray();
        CommitOperation[] files = [.. contents.Select((content, i) => new AddFile(RepoPath.Parse($"{i}.bin"), UploadSource.FromBytes(content))),
            new AddFile(RepoPath.Parse("again.bin"), UploadSource.FromBytes(contents[7]))];
        var outcome = await zoo.CommitAsync(repo, files, new() { Summary = "Many" });
        Assert.Equal((31, contents[7].Length), (outcome.AddedFiles, (int)outcome.KnownBytes));
        Assert.Equal((1, 1), (network.Count("POST", "/xorbs/"), network.Count("POST", "/shards")));
        using var again = new MemoryStream();
        await zoo.DownloadAsync(repo, RepoPath.Parse("again.bin"), again);
        Assert.Equal(contents[7], again.ToArray());
    }

    [Fact]
    public async Task Wrong_chunks_and_wrong_words_are_found_out_and_the_file_fetched_as_it_is()
    {
        var (zoo, repo, network) = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(5_000_000);
        await PushAsync(zoo, repo, content);
        var fetched = 0;

        network.Before = request => Kind(request) == "GET reconstructions" ? TroubledHandler.Answer(200, """{"terms":[{"hash":"?"}],"fetch_info":{}}""") : null;
        Assert.Equal(content, await PullAsync(zoo, repo, "words"));
        AssertFetchedWhole();
        network.Before = request => Kind(request) == "GET xorbs" ? TroubledHandler.Answer(500) : null;
        Assert.Equal(content, await PullAsync(zoo, repo, "failing"));
        AssertFetchedWhole();
        network.Before = _ => null;
        network.After = async (request, response) =>
        {
            if (Kind(request) != "GET xorbs") return response;
            var bytes = await response.Content.ReadAsByteArrayAsync();
            bytes[^1] ^= 1;
            return TroubledHandler.Replace(response, new MemoryStream(bytes));
        };
        Assert.Equal(content, await PullAsync(zoo, repo, "chunks"));
        AssertFetchedWhole();

        void AssertFetchedWhole()
        {
            var now = network.Count("GET", "w.bin");
            Assert.True(now > fetched, "The file was not fetched as it is.");
            fetched = now;
        }
    }

    [Fact]
    public async Task Nonsense_about_known_chunks_is_no_answer()
    {
        var (zoo, repo, network) = await OpenAsync();
        var content = RandomNumberGenerator.GetBytes(4_000_000);
        await PushAsync(zoo, repo, content);
        content[2_000_000] ^= 1;
        network.Before = request => Kind(request) == "GET chunks" ? TroubledHandler.Answer(200, "HFRepoMetaData") : null;
        var outcome = await PushAsync(zoo, repo, content);
        Assert.Equal(0, outcome.KnownBytes);
        network.Before = _ => null;
        Assert.Equal(content, await PullAsync(zoo, repo, "nonsense"));
    }

    async Task<(ZooClient Zoo, RepoId Repo, TroubledHandler Network)> OpenAsync()
    {
        var network = new TroubledHandler();
        var zoo = Open(network, useXet: true);
        var repo = RepoId.Parse($"ada/{hub.Fresh("chunks")}");
        await zoo.CreateRepositoryAsync(repo);
        return (zoo, repo, network);
    }

    ZooClient Open(TroubledHandler network, bool useXet) => new(new()
    {
        Endpoint = new(hub.Url), Token = hub.Ada.Token, Handler = network, UseXet = useXet, RetryDelay = TimeSpan.FromMilliseconds(5),
        RangeThresholdBytes = 4 << 20, RangeSizeBytes = 3 << 20,
    });

    static Task<CommitOutcome> PushAsync(ZooClient zoo, RepoId repo, byte[] content) =>
        zoo.UploadFileAsync(repo, RepoPath.Parse("w.bin"), UploadSource.FromBytes(content.ToArray()));

    async Task<byte[]> PullAsync(ZooClient zoo, RepoId repo, string folder)
    {
        var target = Path.Combine(_folder, folder);
        await zoo.DownloadSnapshotAsync(repo, target);
        return await File.ReadAllBytesAsync(Path.Combine(target, "w.bin"));
    }

    static bool IsChunkStore(HttpRequestMessage request) => request.RequestUri!.AbsolutePath.StartsWith("/xet/", StringComparison.Ordinal);

    /// <summary>"POST xorbs", "GET reconstructions", …</summary>
    static string Kind(HttpRequestMessage request) =>
        IsChunkStore(request) ? $"{request.Method} {request.RequestUri!.AbsolutePath.Split('/').First(part => part is "xorbs" or "shards" or "chunks" or "reconstructions")}" : "";

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}

public sealed class XetClientTests_Sqlite(SqliteHub hub) : XetClientTests(hub), IClassFixture<SqliteHub>;
public sealed class XetClientTests_Postgres(PostgresHub hub) : XetClientTests(hub), IClassFixture<PostgresHub>;

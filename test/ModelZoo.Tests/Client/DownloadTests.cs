using System.Security.Cryptography;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Tests.Client;

public sealed class DownloadTests : IDisposable
{
    static readonly RepoId Repo = RepoId.Parse("ada/vit");
    static readonly RepoPath Weights = RepoPath.Parse("sub dir/w#1%.bin");

    readonly TemporaryFolder _folder = new();

    string Target => _folder["w.bin"];

    static byte[] Random(int sizeBytes) => RandomNumberGenerator.GetBytes(sizeBytes);

    void AssertWhole(byte[] content)
    {
        Assert.Equal(content, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFiles(_folder.Path));           // no part, no journal
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(3_000_001)]
    public async Task A_file_arrives_whole(int sizeBytes)
    {
        await using var hub = await StandInHub.StartAsync();
        var content = hub.Files[Weights.Value] = Random(sizeBytes);
        using var zoo = hub.Open();

        var file = await zoo.DownloadFileAsync(Repo, Weights, Target);

        Assert.Equal((StandInHub.Commit, (long)sizeBytes), (file.Commit, file.SizeBytes));
        AssertWhole(content);
    }

    [Fact]
    public async Task Dropped_connections_are_continued_where_they_broke()
    {
        await using var hub = await StandInHub.StartAsync();
        var content = hub.Files[Weights.Value] = Random(900_000);
        foreach (var after in (int[])[200_000, 0, 100_000, 0, 0, 300_000]) hub.Drops.Enqueue(after);
        using var zoo = hub.Open();

        await zoo.DownloadFileAsync(Repo, Weights, Target);

        AssertWhole(content);
        Assert.Empty(hub.Drops);
    }

    [Fact]
    public async Task A_download_that_gave_up_is_resumed_by_the_next_and_fetches_only_what_is_missing()
    {
        await using var hub = await StandInHub.StartAsync();
        var content = hub.Files[Weights.Value] = Random(4 << 20);
        for (var i = 0; i < 300; i++) hub.Drops.Enqueue(i < 4 ? 400_000 : 0);
        using var zoo = hub.Open();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => zoo.DownloadFileAsync(Repo, Weights, Target));
        Assert.False(File.Exists(Target));
        Assert.True(File.Exists(Target + ".zoo-part.json"));
        hub.Drops.Clear();
        hub.Log.Clear();

        await zoo.DownloadFileAsync(Repo, Weights, Target);

        AssertWhole(content);
        var fetched = hub.Log.Where(l => l.StartsWith("GET", StringComparison.Ordinal))
            .Select(l => l.Split("bytes=")[1].Split(' ')[0].Split('-')).Sum(r => long.Parse(r[1]) - long.Parse(r[0]) + 1);
        Assert.InRange(fetched, 1, content.Length - 1);
    }

    [Fact]
    public async Task A_partial_download_of_older_content_is_not_mixed_in()
    {
        await using var hub = await StandInHub.StartAsync();
        hub.Files[Weights.Value] = Random(2 << 20);
        for (var i = 0; i < 300; i++) hub.Drops.Enqueue(i == 0 ? 300_000 : 0);
        using var zoo = hub.Open();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => zoo.DownloadFileAsync(Repo, Weights, Target));
        hub.Drops.Clear();
        var content = hub.Files[Weights.Value] = Random(2 << 20);

        await zoo.DownloadFileAsync(Repo, Weights, Target);

        AssertWhole(content);
    }

    [Fact]
    public async Task A_damaged_part_is_thrown_away_and_fetched_again()
    {
        await using var hub = await StandInHub.StartAsync();
        var content = hub.Files[Weights.Value] = Random(2 << 20);
        for (var i = 0; i < 300; i++) hub.Drops.Enqueue(i == 0 ? 300_000 : 0);
        using var zoo = hub.Open();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => zoo.DownloadFileAsync(Repo, Weights, Target));
        hub.Drops.Clear();
        File.WriteAllBytes(Target + ".zoo-part", new byte[2 << 20]);

        await zoo.DownloadFileAsync(Repo, Weights, Target);

        AssertWhole(content);
    }

    [Fact]
    public async Task Wrong_content_is_refused_and_leaves_the_old_file_alone()
    {
        await using var hub = await StandInHub.StartAsync();
        hub.Files[Weights.Value] = Random(1000);
        hub.Distort = bytes => [.. bytes.Select(b => (byte)~b)];
        File.WriteAllText(Target, "old");
        using var zoo = hub.Open();

        await Assert.ThrowsAsync<ZooVerificationException>(() => zoo.DownloadFileAsync(Repo, Weights, Target));

        AssertWhole("old"u8.ToArray());
    }

    [Fact]
    public async Task A_hub_without_ranges_still_serves_large_files()
    {
        await using var hub = await StandInHub.StartAsync();
        var content = hub.Files[Weights.Value] = Random(3 << 20);
        hub.IgnoresRanges = true;
        using var zoo = hub.Open();
        await zoo.DownloadFileAsync(Repo, Weights, Target);
        AssertWhole(content);
    }

    [Fact]
    public async Task Passing_troubles_are_waited_out_and_lasting_ones_are_told()
    {
        await using var hub = await StandInHub.StartAsync();
        hub.Files["a"] = Random(10);
        foreach (var status in (int[])[503, 429, 500]) hub.Failures.Enqueue(status);
        using var zoo = hub.Open();
        Assert.Equal(10, (await zoo.GetFileMetadataAsync(Repo, RepoPath.Parse("a"))).SizeBytes);

        var missing = await Assert.ThrowsAsync<ZooApiException>(() => zoo.GetFileMetadataAsync(Repo, RepoPath.Parse("nope")));
        Assert.Equal((404, "EntryNotFound", "r1"), (missing.Status, missing.ErrorCode, missing.RequestId));
        Assert.Null(await zoo.FindFileMetadataAsync(Repo, RepoPath.Parse("nope")));
    }

    [Fact]
    public async Task A_renamed_repository_is_followed_with_the_token()
    {
        await using var hub = await StandInHub.StartAsync();
        var content = hub.Files["a"] = Random(10);
        using var zoo = hub.Open();
        using var into = new MemoryStream();

        await zoo.DownloadAsync(RepoId.Parse("ada/old"), RepoPath.Parse("a"), into);

        Assert.Equal(content, into.ToArray());
        Assert.All(hub.Log, line => Assert.EndsWith("+token", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_snapshot_brings_what_the_filter_chooses_and_the_next_one_brings_nothing()
    {
        await using var hub = await StandInHub.StartAsync();
        hub.Files["README.md"] = "# hi"u8.ToArray();
        hub.Files["onnx/model.onnx"] = Random(2 << 20);
        hub.Files["model.bin"] = Random(100);
        using var zoo = hub.Open();
        var options = new SnapshotOptions { Filter = new(null, ["*.bin"]) };

        var first = await zoo.DownloadSnapshotAsync(Repo, _folder.Path, options);
        hub.Log.Clear();
        var second = await zoo.DownloadSnapshotAsync(Repo, _folder.Path, options);

        Assert.Equal(new SnapshotOutcome(StandInHub.Commit, 2, 2, 4 + (2 << 20)), first);
        Assert.Equal(new SnapshotOutcome(StandInHub.Commit, 2, 0, 0), second);
        Assert.Equal(hub.Files["onnx/model.onnx"], File.ReadAllBytes(_folder["onnx/model.onnx"]));
        Assert.False(File.Exists(_folder["model.bin"]));
        Assert.DoesNotContain(hub.Log, line => line.Contains("/resolve/", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}

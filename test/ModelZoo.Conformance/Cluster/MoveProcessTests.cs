using System.Diagnostics;
using ModelZoo.Conformance.Harness;
using ModelZoo.Hub.Tests;

namespace ModelZoo.Conformance.Cluster;

/// <summary>The real `zoo move`, killed again and again.</summary>
public sealed class MoveProcessTests
{
    [Fact]
    public async Task A_move_that_is_killed_at_any_moment_goes_on_and_ends_with_everything_moved()
    {
        var (s3, postgres) = (await S3Server.CreateBucketAsync(), await PostgresServer.CreateDatabaseAsync());
        await using var hub = new HubProcess();
        await hub.StartAsync();
        var repository = await WireRepository.CreateAsync(hub, "moving");
        var contents = Enumerable.Range(0, 25).Select(i => System.Security.Cryptography.RandomNumberGenerator.GetBytes(200_000 + i)).ToList();
        for (var i = 0; i < contents.Count; i++) await repository.CommitBlobAsync($"w{i}.bin", contents[i]);
        await hub.EndAsync();

        string[] arguments =
        [
            "move", "--data", hub.Data, "--to-data", Path.Combine(hub.Data, "there"), "--to-database", "postgres", "--to-connection", postgres, "--to-storage", "s3",
            "--to-set", $"Storage:Endpoint={s3.Endpoint}", "--to-set", $"Storage:Bucket={s3.Bucket}", "--to-set", $"Storage:AccessKey={s3.AccessKey}", "--to-set", $"Storage:SecretKey={s3.SecretKey}",
        ];
        var (kills, clock) = (0, Stopwatch.StartNew());
        // A little later each time, until one run comes to its end.
        for (var patience = 700; ; patience += 250)
        {
            using var move = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Locations.Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var words = Task.WhenAll(move.StandardOutput.ReadToEndAsync(), move.StandardError.ReadToEndAsync());
            if (!move.WaitForExit(patience))
            {
                move.Kill();
                move.WaitForExit();
                kills++;
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(3), "The move never came to its end.");
                continue;
            }
            var said = string.Concat(await words);
            Assert.True(move.ExitCode == 0, said);
            Assert.Matches("25 blobs|nothing was left to do", said);       // the last kill may have come after the end
            TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills; {said}");
            break;
        }
        await using var moved = new HubProcess();
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["DATABASE__KIND"] = "postgres", ["DATABASE__CONNECTION"] = postgres, ["STORAGE__KIND"] = "s3", ["STORAGE__ENDPOINT"] = s3.Endpoint!, ["STORAGE__BUCKET"] = s3.Bucket!,
            ["STORAGE__ACCESSKEY"] = s3.AccessKey!, ["STORAGE__SECRETKEY"] = s3.SecretKey!, ["STORAGE__REDIRECTDOWNLOADS"] = "false",
        }) moved.Settings[$"MODELZOO_{name}"] = value;
        await moved.StartAsync();
        for (var i = 0; i < contents.Count; i++) Assert.Equal(contents[i], await moved.Client.GetByteArrayAsync($"/{repository.Id}/resolve/main/w{i}.bin"));
        await Assert.ThrowsAsync<InvalidOperationException>(hub.StartAsync);       // it says where it went, and ends
        Assert.Contains("was moved to", hub.LogTail());
    }
}

using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace ModelZoo.Hub.Tests.Maintenance;

/// <summary>A hub whose disk is full. The disk is a small one in memory, which only root may make.</summary>
public sealed class FullDiskTests
{
    const int DiskMegabytes = 48;

    [Fact]
    public async Task A_full_disk_is_an_error_for_the_caller_and_the_hub_goes_on_when_there_is_room()
    {
        var disk = Directory.CreateTempSubdirectory("zoo-disk-").FullName;
        if (Environment.UserName != "root" || !Mount("mount", "-t", "tmpfs", "-o", $"size={DiskMegabytes}m", "tmpfs", disk))
            Assert.Skip("SKIPPED: the test of a full disk needs a small disk, and only root may mount one here.");
        var hub = new SmallDiskHub(disk);
        try
        {
            await hub.InitializeAsync();
            var repo = await hub.Ada.CreateAsync();
            var kept = Upkeep.RandomBytes(1_000_000);
            await hub.Ada.CommitLargeAsync(repo, "kept.bin", kept);

            // Too large to ever fit: refused before a byte is sent.
            Assert.InRange((int)(await UploadAsync(hub, repo, new byte[60_000_000])), 500, 599);
            // Fits by what the disk says, then the disk fills while the bytes come.
            var filler = Path.Combine(disk, "filler");
            Fill(filler, leave: 8_000_000);
            var racing = UploadAsync(hub, repo, Upkeep.RandomBytes(6_000_000));
            Fill(Path.Combine(disk, "filler2"), leave: 0);
            var raced = (int)await racing;
            Assert.True(raced is 200 or >= 500, $"{raced}");
            Fill(Path.Combine(disk, "filler3"), leave: 0);      // what the refused upload gave back
            Assert.InRange((int)await UploadAsync(hub, repo, Upkeep.RandomBytes(300_000)), 500, 599);
            var commit = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "no room", null, TestActor.File("big.txt", Upkeep.RandomBytes(3_000_000)));
            Assert.InRange((int)commit.StatusCode, 500, 599);
            Assert.Contains("nothing was", await commit.Content.ReadAsStringAsync());
            Assert.Equal(kept, await hub.Ada.ReadFileAsync(repo, "kept.bin"));

            File.Delete(filler);
            File.Delete(Path.Combine(disk, "filler2"));
            File.Delete(Path.Combine(disk, "filler3"));
            var more = Upkeep.RandomBytes(2_000_000);
            await hub.Ada.CommitLargeAsync(repo, "more.bin", more);
            await hub.Ada.CommitTextAsync(repo, "note.txt", "there is room again");
            Assert.Equal(more, await hub.Ada.ReadFileAsync(repo, "more.bin"));
            await hub.RequireCleanAsync();
            Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(repo, "big.txt")).StatusCode);
        }
        finally
        {
            await hub.DisposeAsync();
            Mount("umount", "-l", disk);
            Directory.Delete(disk);
        }
    }

    static async Task<HttpStatusCode> UploadAsync(TestHub hub, string repo, byte[] content)
    {
        var oid = Convert.ToHexStringLower(SHA256.HashData(content));
        var batch = await hub.Ada.SendAsync(HttpMethod.Post, $"/{repo}.git/info/lfs/objects/batch", new { operation = "upload", transfers = new[] { "basic" }, objects = new[] { new { oid, size = content.Length } } });
        if (!batch.IsSuccessStatusCode) return batch.StatusCode;
        var href = (await TestActor.ReadAsync(batch))["objects"]![0]!["actions"]!["upload"]!["href"]!.GetValue<string>();
        try
        {
            return (await hub.Nobody.Http.PutAsync(href, new ByteArrayContent(content))).StatusCode;
        }
        catch (HttpRequestException)
        {
            return HttpStatusCode.InsufficientStorage;      // the hub said no and hung up before all was sent
        }
    }

    static void Fill(string path, long leave)
    {
        using var file = File.Create(path);
        var block = new byte[65_536];
        try
        {
            while (new DriveInfo(path).AvailableFreeSpace > leave)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    static bool Mount(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    sealed class SmallDiskHub(string disk) : SqliteHub
    {
        private protected override void Adjust(HubOptions options) => options.DataFolder = Path.Combine(disk, "data");
    }
}

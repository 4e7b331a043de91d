using System.Diagnostics;
using static ModelZoo.Hub.Tests.Populations.Grown;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>A population whose store fills up while it trains. The disk is a small one in memory, which only root may make.</summary>
public sealed class FullDiskGenerationTests
{
    [Fact]
    public async Task A_full_disk_in_the_middle_of_training_is_told_and_training_goes_on_when_there_is_room()
    {
        var disk = Directory.CreateTempSubdirectory("zoo-disk-").FullName;
        if (Environment.UserName != "root" || !Mount("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", disk))
            Assert.Skip("SKIPPED: the test of a full disk needs a small disk, and only root may mount one here.");
        var hub = new SmallStoreHub(disk);
        try
        {
            await hub.InitializeAsync();
            var repo = await hub.Ada.CreateAsync();
            var begun = await hub.Ada.BeginAsync(repo, Slow());
            await hub.Ada.UnderWayAsync(repo, 3);
            var filler = Path.Combine(disk, "filler");
            Fill(filler);
            for (var until = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < until && !((string)(await hub.Ada.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}"))["message"]!).Contains("disk is full");) await Task.Delay(50);
            Assert.Contains("The hub's disk is full; nothing was stored. Everything up to the last committed epoch of each member is kept", (string)(await hub.Ada.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}"))["message"]!);
            var kept = (await hub.Ada.PathsAsync(repo)).Where(path => path.Contains("/checkpoints/")).ToList();
            Assert.True(kept.Count >= 3);
            foreach (var path in kept) Assert.NotEmpty(await hub.Ada.ReadFileAsync(repo, path));

            File.Delete(filler);
            var ended = await hub.Ada.EndAsync(begun);
            if ((string)ended["state"]! == "failed") ended = await hub.Ada.GenerateAsync(repo, Slow());
            Assert.Equal("done 4 of 4 members are done.", Say(ended));
            await hub.Ada.RequireSameStatesAsync(repo, Slow());
        }
        finally
        {
            await hub.DisposeAsync();
            Mount("umount", "-l", disk);
            Directory.Delete(disk);
        }
    }

    static void Fill(string path)
    {
        using var file = File.Create(path);
        var block = new byte[4_096];
        try
        {
            while (true)
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

    /// <summary>The database has room, the blob store has none.</summary>
    sealed class SmallStoreHub(string disk) : SqliteHub
    {
        private protected override void Adjust(HubOptions options) => options.Storage = options.Storage with { Root = Path.Combine(disk, "blobs") };
    }
}

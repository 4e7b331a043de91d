using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using static ModelZoo.Hub.Tests.Populations.TunedRepositories;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>A fine-tuning outlives the process that began it, and the node.</summary>
public abstract partial class FineTuneResumeTests(TestHub hub)
{
    /// <summary>A hub that starts again has another address.</summary>
    TestActor Now => new(hub, TestHub.AdministratorToken, "ada");

    Task<long> KeptAsync(JsonNode job) => hub.Get<HubDatabase>().FindAsync<long>("select coalesce(max(epoch), 0) from finetune_resume where job_id = @id", new { id = Id(job) }, default);

    static long Id(JsonNode job) => Ids.TryFromWire((string)job["id"]!, out var id) ? id : throw new FormatException();

    [Fact]
    public async Task A_run_goes_on_after_its_last_epoch_on_another_node_and_on_the_same_and_comes_to_the_same_bytes()
    {
        Require();
        var (model, data) = (await ModelAsync(Now), await DataAsync(Now));
        var wish = new { model, dataset = data, target = $"ada/stopped-{Guid.NewGuid():N}"[..40], method = "lora", newHead = true, epochs = 200, evaluate = false, labelColumn = "label" };
        var begun = await Now.PostJsonAsync("/api/zoo/finetune", wish);
        await UntilAsync(async () => await KeptAsync(begun) >= 3);

        // The lease is somebody else's, who waits, and whose disk has nothing of it.
        await hub.Get<HubDatabase>().ExecuteAsync("update job set state = 'waiting', lease_id = null, lease_until = null, run_after = @at where id = @id", new { id = Id(begun), at = DateTimeOffset.UtcNow.AddSeconds(8).ToUnixTimeMilliseconds() }, default);
        var kept = await KeptAsync(begun);
        await ForgetAsync(Path.Combine(hub.Options.DataFolder, "finetuning", (string)begun["id"]!));
        await UntilAsync(async () => await KeptAsync(begun) >= kept + 20);

        await hub.StopAsync();
        await hub.StartAsync();
        var done = await EndAsync(Now, begun);

        Assert.True((string)done["state"]! == "done", $"{done}");
        var lines = done["log"]!.AsArray().Select(line => (string)line!["text"]!).ToList();
        var places = lines.Select((line, at) => (line, at)).Where(each => each.line.StartsWith("Going on after epoch ", StringComparison.Ordinal)).Select(each => each.at).ToList();
        Assert.Equal(2, places.Count);
        Assert.True(Number(lines[places[0]]) >= kept, $"{kept} epochs were kept, and then: {lines[places[0]]}");
        // From each place on, the epochs that follow, and none that was finished before.
        foreach (var (from, until) in ((int, int)[])[(places[0], places[1]), (places[1], lines.Count)])
        {
            var after = lines[(from + 1)..until].Where(line => EpochLine().IsMatch(line)).Select(Number).ToList();
            Assert.Equal(Enumerable.Range(Number(lines[from]) + 1, after.Count), after);
        }
        Assert.Equal(200, lines.Where(line => EpochLine().IsMatch(line)).Max(Number));
        Assert.Equal(0, await KeptAsync(begun));

        var whole = await EndAsync(Now, await Now.PostJsonAsync("/api/zoo/finetune", wish with { target = $"ada/whole-{Guid.NewGuid():N}"[..40] }));
        Assert.True((string)whole["state"]! == "done", $"{whole}");
        var other = ((string)whole["message"]!).Split(' ')[0];
        Assert.Equal(await Now.ReadFileAsync(wish.target, "adapter_model.safetensors"), await Now.ReadFileAsync(other, "adapter_model.safetensors"));
    }

    /// <summary>Waits until the worker whose lease was lost has let go, and removes what it leaves on this node.</summary>
    static async Task ForgetAsync(string folder)
    {
        for (var until = DateTime.UtcNow.AddSeconds(7); ; await Task.Delay(50))
        {
            try
            {
                using var free = new FileStream(Path.Combine(folder, ".in-use"), FileMode.Open, FileAccess.Write, FileShare.None);
                Directory.Delete(folder, recursive: true);
                return;
            }
            catch (IOException) when (DateTime.UtcNow < until)
            {
                // It is still ending.
            }
        }
    }

    static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var until = DateTime.UtcNow + Patience; !await holds(); await Task.Delay(50))
            if (DateTime.UtcNow > until) throw new TimeoutException("What was waited for did not come.");
    }

    static int Number(string line) => int.Parse(EpochNumber().Match(line).Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^epoch \d+:")]
    private static partial Regex EpochLine();

    [GeneratedRegex(@"\d+")]
    private static partial Regex EpochNumber();
}

public sealed class FineTuneResumeTests_Sqlite(SqliteHub hub) : FineTuneResumeTests(hub), IClassFixture<SqliteHub>;
public sealed class FineTuneResumeTests_Postgres(PostgresHub hub) : FineTuneResumeTests(hub), IClassFixture<PostgresHub>;

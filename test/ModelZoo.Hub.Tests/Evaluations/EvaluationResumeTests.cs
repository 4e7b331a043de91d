using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Hub.Kernel;
using static ModelZoo.Hub.Tests.Evaluations.MeasuredRepositories;

namespace ModelZoo.Hub.Tests.Evaluations;

/// <summary>A run outlives the process that began it, and goes on with the samples that it has, also on a node that has never seen it.</summary>
public abstract class EvaluationResumeTests(TestHub hub)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_was_interrupted_goes_on_and_gives_the_same_bytes(bool sameNode)
    {
        RequireRuntime();
        const int count = 6_000;
        // A hub that starts again has another address: whoever asked before asks anew.
        var before = new TestActor(hub, TestHub.AdministratorToken, "ada");
        var (model, benchmark) = (await ClassifierAsync(before), await QuestionsAsync(before, count));
        var begun = await before.BeginAsync(model, benchmark);
        await before.UnderWayAsync(begun, 1_200);
        await hub.StopAsync();
        Ids.TryFromWire((string)begun["id"]!, out var id);
        // Another node has none of the files; what it knows is in the database.
        if (!sameNode) Directory.Delete(Path.Combine(hub.Options.DataFolder, "evaluations"), recursive: true);
        await hub.StartAsync();
        var ada = new TestActor(hub, TestHub.AdministratorToken, "ada");

        var done = await ada.EndAsync(begun);

        Assert.True((string?)done["state"] == "done", $"{done}");
        // What it left behind goes when the result is there for all to see, so a moment later.
        var folder = Path.Combine(hub.Options.DataFolder, "evaluations", (string)begun["id"]!);
        for (var until = DateTime.UtcNow.AddSeconds(60); DateTime.UtcNow < until; await Task.Delay(100))
            if (!Directory.Exists(folder) && (await hub.Get<EvaluationStore>().ListPartsAsync(id, default)).Count == 0) break;
        Assert.Empty(await hub.Get<EvaluationStore>().ListPartsAsync(id, default));
        Assert.False(Directory.Exists(folder));
        var whole = await ada.EndAsync(await ada.BeginAsync(model, benchmark, again: true));
        Assert.Equal((string)done["scores"]![0]!["samples"]!["digest"]!, (string)whole["scores"]![0]!["samples"]!["digest"]!);
        Assert.EndsWith("The repository states exactly this already.", (string)whole["message"]!);
    }
}

public sealed class EvaluationResumeTests_Sqlite(SqliteHub hub) : EvaluationResumeTests(hub), IClassFixture<SqliteHub>;
public sealed class EvaluationResumeTests_Postgres(PostgresHub hub) : EvaluationResumeTests(hub), IClassFixture<PostgresHub>;

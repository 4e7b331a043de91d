using static ModelZoo.Hub.Tests.Populations.TunedRepositories;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>A fine-tuning outlives the process that began it.</summary>
public abstract class FineTuneResumeTests(TestHub hub)
{
    [Fact]
    public async Task A_run_that_was_interrupted_goes_on_and_comes_to_the_same_bytes()
    {
        Require();
        // A hub that starts again has another address: whoever asked before asks anew.
        var before = new TestActor(hub, TestHub.AdministratorToken, "ada");
        var (model, data) = (await ModelAsync(before), await DataAsync(before));
        var wish = new { model, dataset = data, target = $"ada/stopped-{Guid.NewGuid():N}"[..40], method = "lora", epochs = 120, evaluate = false, labelColumn = "label" };
        var begun = await before.PostJsonAsync("/api/zoo/finetune", wish);
        for (var until = DateTime.UtcNow + Patience; DateTime.UtcNow < until; await Task.Delay(50))
            if ((double)(await before.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}"))["progress"]! > 0.1) break;
        await hub.StopAsync();
        await hub.StartAsync();
        var ada = new TestActor(hub, TestHub.AdministratorToken, "ada");
        var done = await EndAsync(ada, begun);
        Assert.True((string)done["state"]! == "done", $"{done}");
        Assert.Contains(done["log"]!.AsArray(), line => ((string)line!["text"]!).StartsWith("Going on after epoch ", StringComparison.Ordinal));

        var whole = await EndAsync(ada, await ada.PostJsonAsync("/api/zoo/finetune", wish with { target = $"ada/whole-{Guid.NewGuid():N}"[..40] }));
        Assert.True((string)whole["state"]! == "done", $"{whole}");
        var other = ((string)whole["message"]!).Split(' ')[0];
        Assert.Equal(await ada.ReadFileAsync(wish.target, "adapter_model.safetensors"), await ada.ReadFileAsync(other, "adapter_model.safetensors"));
    }
}

public sealed class FineTuneResumeTests_Sqlite(SqliteHub hub) : FineTuneResumeTests(hub), IClassFixture<SqliteHub>;
public sealed class FineTuneResumeTests_Postgres(PostgresHub hub) : FineTuneResumeTests(hub), IClassFixture<PostgresHub>;

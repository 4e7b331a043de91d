using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Models;
using ModelZoo.Tests.Inference;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>Runs give the same bytes, whether they were interrupted or not.</summary>
public sealed class ResumeTests
{
    static string Model => Runs.ModelFolder("shakespeare-gpt2/config.json");

    static string Data => Runs.DataFolder("eval/blimp/passive_1.jsonl");

    static byte[] Samples(Folder output) => File.ReadAllBytes(Directory.GetFiles(output.Path, "samples_*.jsonl").Single());

    [Fact]
    public async Task Two_runs_write_the_same_bytes_whatever_the_number_of_threads()
    {
        using var first = new Folder();
        using var second = new Folder();
        await Runs.RunAsync(Runs.Task(Runs.Blimp("passive_1")), Model, Data, first.Path, plan => plan with { Limit = 200 });
        await Runs.RunAsync(Runs.Task(Runs.Blimp("passive_1")), Model, Data, second.Path, plan => plan with { Limit = 200, Concurrency = 4 });
        Assert.Equal(Samples(first), Samples(second));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_that_was_killed_goes_on_where_it_stopped(bool isTorn)
    {
        using var whole = new Folder();
        using var broken = new Folder();
        var task = Runs.Task(Runs.Blimp("passive_1"));
        await Runs.RunAsync(task, Model, Data, whole.Path, plan => plan with { Limit = 150 });
        using var stop = new CancellationTokenSource();
        var progress = new Progress(value =>
        {
            if (value.Done >= 40) stop.Cancel();
        });
        var plan = new EvaluationPlan { Tasks = [task], ModelFolder = Model, Dataset = new(Data), OutputFolder = broken.Path, Limit = 150 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EvaluationRun.RunAsync(plan, progress, stop.Token));
        var journal = Directory.GetFiles(broken.Path, "*.part").Single();
        if (isTorn)
        {
            // Half a line is what a process leaves that is killed while it writes.
            var bytes = File.ReadAllBytes(journal);
            File.WriteAllBytes(journal, bytes[..^17]);
        }
        var outcome = await EvaluationRun.RunAsync(plan, null, default);
        Assert.InRange(outcome.Tasks[0].Resumed, 30, 149);
        Assert.Equal(Samples(whole), Samples(broken));
        Assert.Empty(Directory.GetFiles(broken.Path, "*.part"));
        // And once more: everything is there.
        outcome = await EvaluationRun.RunAsync(plan, null, default);
        Assert.Equal(150, outcome.Tasks[0].Resumed);
        Assert.Equal(Samples(whole), Samples(broken));
    }

    [Fact]
    public async Task Pictures_resume_to_the_same_bytes_and_scores()
    {
        using var model = Runs.CntkModel();
        var data = Runs.DataFolder("eval/mnist-t10k/t10k-images-idx3-ubyte.gz");
        using var whole = new Folder();
        using var broken = new Folder();
        var plan = new EvaluationPlan { Tasks = [Runs.Task(Runs.Mnist)], ModelFolder = model.Path, Dataset = new(data), OutputFolder = whole.Path, Limit = 1000 };
        var expected = await EvaluationRun.RunAsync(plan, null, default);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EvaluationRun.RunAsync(plan with { OutputFolder = broken.Path }, new Progress(value =>
        {
            if (value.Done > 300) stop.Cancel();
        }), stop.Token));
        var outcome = await EvaluationRun.RunAsync(plan with { OutputFolder = broken.Path }, null, default);
        Assert.True(outcome.Tasks[0].Resumed > 300);
        Assert.Equal(Samples(whole), Samples(broken));
        Assert.Equal(expected.Scores.Select(score => score.Value), outcome.Scores.Select(score => score.Value));
    }

    [Fact]
    public async Task Samples_of_another_protocol_are_not_taken_over()
    {
        using var output = new Folder();
        var task = Runs.Task(Runs.Blimp("passive_1"));
        await Runs.RunAsync(task, Model, Data, output.Path, plan => plan with { Limit = 20 });
        var outcome = await Runs.RunAsync(task, Model, Data, output.Path, plan => plan with { Limit = 30 });
        Assert.Equal((0, 30), (outcome.Tasks[0].Resumed, outcome.Tasks[0].Samples));
        outcome = await Runs.RunAsync(Runs.Task(Runs.Blimp("passive_1").Replace("num_fewshot: 0", "num_fewshot: 0\ndescription: \"Say it well. \"", StringComparison.Ordinal)), Model, Data, output.Path, plan => plan with { Limit = 30 });
        Assert.Equal(0, outcome.Tasks[0].Resumed);
    }

    sealed class Progress(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}

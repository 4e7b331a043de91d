using System.Diagnostics;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Tests.Client;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo population plan`, `generate`, `extend` and `show`, through the program.</summary>
public sealed class GenerateTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    [Fact]
    public async Task A_plan_says_members_states_and_bytes_before_anything_trains()
    {
        var plan = await JsonAsync("population", "plan", "digits-250", "--no-calibration");
        Assert.Equal((250, 2730), (plan.GetProperty("members").GetInt32(), plan.GetProperty("checkpoints").GetInt32()));
        var measured = await JsonAsync("population", "plan", small.Blueprint, "--workers", "2");
        Assert.True(measured.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(18, measured.GetProperty("members").GetInt32());
        Assert.Contains("digits-14", (await ZooAsync("population", "templates")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dim: 16", "dim: 15", "heads")]
    [InlineData("seeds: [1, 2]\ncheckpoints", "seeds: { count: 90000, from: 1, mode: fixed }\ncheckpoints", "members")]
    [InlineData("epochs: 3", "epochs: three", "epochs")]
    [InlineData("optimizer: sgd, lr: 0.05", "optimizer: sgd, speed: 0.05", "speed")]
    [InlineData("stage: base", "stage: bass", "bass")]
    [InlineData("head: [linear,", "head.out: [3, 4]\n      head: [linear,", "10 classes")]
    public async Task A_blueprint_that_contradicts_itself_or_explodes_is_refused_by_line_and_key(string from, string to, string expected)
    {
        using var folder = new TemporaryFolder();
        var changed = Text.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Text, changed);
        foreach (var command in (string[][])[["plan"], ["generate", "--out", folder["out"]]])
        {
            var (code, _, error) = await ZooAsync(["population", command[0], folder.Write("b.yaml", changed), .. command[1..]]);
            Assert.Equal(2, code);
            Assert.Contains("line ", error, StringComparison.Ordinal);
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public async Task Members_are_shown_with_factors_scores_and_status()
    {
        var shown = await JsonAsync("population", "show", small.Folder);
        Assert.Equal(18, shown.GetProperty("members").GetArrayLength());
        Assert.All(shown.GetProperty("members").EnumerateArray(), member => Assert.Equal("done", member.GetProperty("status").GetString()));
        var chosen = await JsonAsync("population", "show", small.Folder, "--where", "optimizer = 'sgd' and (head.kind = mlp or not stage = ft) and epoch >= 2");
        Assert.Equal(4, chosen.GetProperty("members").GetArrayLength());
        Assert.Equal(2, (await ZooAsync("population", "show", small.Folder, "--where", "optimizer === 3 (")).Code);
        Assert.Equal(19, File.ReadLines(Path.Combine(small.Folder, "members.csv")).Count());
    }

    [Fact]
    public async Task Interrupted_anywhere_it_goes_on_and_comes_out_the_same()
    {
        using var folder = new TemporaryFolder();
        var blueprint = Blueprint.Parse(Text);
        var place = new FailingPlace(new FolderPlace(folder["out"]));
        await PopulationRevisions.BeginAsync(place, PopulationStart.New, Text, blueprint, blueprint.Expand(), [], default);
        foreach (var room in (int[])[4, 11, 30])
        {
            place.LeaveRoom(room);
            await Assert.ThrowsAsync<PopulationException>(() => new PopulationTrainer(blueprint, set => ImageSplits.Of(set, null), new PopulationStore(blueprint, place)).RunAsync(blueprint.Expand(), 2, null, default));
        }
        // Someone's disk also turned a file to noise: the member it belonged to begins anew.
        foreach (var torn in Directory.GetFiles(folder["out"], "resume.safetensors", SearchOption.AllDirectories).Take(1)) File.WriteAllBytes(torn, [1, 2, 3]);
        Assert.Contains("--resume", (await ZooAsync("population", "generate", small.Blueprint, "--out", folder["out"])).Error, StringComparison.Ordinal);
        var (code, _, error) = await ZooAsync("population", "generate", small.Blueprint, "--out", folder["out"], "--resume", "--workers", "2");
        Assert.True(code == 0, error);
        Assert.Equal(States(small.Folder), States(folder["out"]));
        Assert.Empty(Directory.GetFiles(folder["out"], "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_population_grows_and_keeps_its_members()
    {
        using var folder = new TemporaryFolder();
        var few = Text.Replace("seeds: [1, 2]\ncheckpoints", "seeds: [1]\ncheckpoints", StringComparison.Ordinal).Replace("epochs: 3", "epochs: 1", StringComparison.Ordinal);
        var more = few.Replace("seeds: [1]\ncheckpoints", "seeds: [1, 2]\ncheckpoints", StringComparison.Ordinal);
        Assert.Equal(0, (await ZooAsync("population", "generate", folder.Write("few.yaml", few), "--out", folder["out"])).Code);
        var before = States(folder["out"]);
        Assert.Contains("extend", (await ZooAsync("population", "generate", folder.Write("more.yaml", more), "--out", folder["out"], "--resume")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ZooAsync("population", "extend", folder["out"], folder["more.yaml"])).Code);
        var after = States(folder["out"]);
        Assert.All(before, state => Assert.Equal(state.Value, after[state.Key]));
        Assert.Equal(18, (await JsonAsync("population", "show", folder["out"])).GetProperty("members").GetArrayLength());
        Assert.Equal(2, (await JsonAsync("population", "show", folder["out"])).GetProperty("revision").GetInt32());
        var (code, _, error) = await ZooAsync("population", "extend", folder["out"], folder["few.yaml"]);
        Assert.Equal(2, code);
        Assert.Contains("gives up", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_programs_never_write_one_population()
    {
        using var folder = new TemporaryFolder();
        var place = new FolderPlace(folder["out"]);
        using (place.Lock())
        {
            Assert.True(place.IsLocked);
            Assert.Contains("Another process", (await ZooAsync("population", "generate", small.Blueprint, "--out", folder["out"])).Error, StringComparison.Ordinal);
        }
        Assert.False(place.IsLocked);
    }

    [Fact]
    public async Task A_full_disk_is_said_and_what_was_trained_goes_on_when_there_is_room()
    {
        using var folder = new TemporaryFolder();
        var disk = folder["disk"];
        Directory.CreateDirectory(disk);
        if (Environment.UserName != "root" || !Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk))
            Assert.Skip("SKIPPED: the test of a full disk needs a small disk, and only root may mount one here.");
        try
        {
            var (code, _, error) = await ZooAsync("population", "generate", small.Blueprint, "--out", Path.Combine(disk, "out"), "--workers", "2");
            Assert.Equal(1, code);
            Assert.Contains("full", error, StringComparison.Ordinal);
            Assert.Contains("--resume", error, StringComparison.Ordinal);
            Assert.True(Run("mount", "-o", "remount,size=64m", disk));
            (code, _, error) = await ZooAsync("population", "generate", small.Blueprint, "--out", Path.Combine(disk, "out"), "--resume", "--workers", "2");
            Assert.True(code == 0, error);
            Assert.Equal(States(small.Folder), States(Path.Combine(disk, "out")));
        }
        finally
        {
            Run("umount", "-l", disk);
        }
    }

    static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>A folder that fails like a full disk after some writes.</summary>
    sealed class FailingPlace(FolderPlace inner) : IPopulationPlace
    {
        int _left = int.MaxValue;

        public void LeaveRoom(int writes) => _left = writes;

        public ValueTask WriteAsync(IReadOnlyList<PopulationFile> files, CancellationToken stop) =>
            Interlocked.Decrement(ref _left) >= 0 ? inner.WriteAsync(files, stop) : throw new PopulationException("There is no room.");

        public ValueTask<byte[]?> FindAsync(string path, CancellationToken stop) => inner.FindAsync(path, stop);
    }
}

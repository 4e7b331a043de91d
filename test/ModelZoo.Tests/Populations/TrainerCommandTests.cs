using System.Text.Json;
using ModelZoo.Tests.Client;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>Trainers outside this program, through the program: the contract of docs/trainers.md, kept and broken.</summary>
public sealed class TrainerCommandTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    /// <summary>A parent and two children: enough to see who waits for whom.</summary>
    const string Family = """
        population: family
        datasets: { shapes: { builtin: shapes8, args: { n: 40, seed: 1, val: { n: 20, seed: 2 } } } }
        architectures: { tiny: { family: mlp, image: 8, hidden: [6] } }
        stages:
          - { name: base, architecture: tiny, dataset: shapes, train: { epochs: 2, batch: 20, lr: 3e-3 }, seeds: [1, 2] }
          - { name: ft, from: { stage: base, checkpoint: last }, dataset: shapes, train: { epochs: 2, batch: 20 }, seeds: [1] }
        evaluate: { on: [val], keep_logits: none }
        """;

    /// <summary>The trainer of this program as a command.</summary>
    internal static string Own => $"exec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "zoo.dll")}' population member";

    [Fact]
    public async Task The_trainer_of_this_program_as_a_command_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", Family);
        Assert.Equal(0, (await ZooAsync("population", "generate", blueprint, "--out", folder["a"])).Code);
        var (code, _, error) = await ZooAsync("population", "generate", blueprint, "--out", folder["b"], "--trainer", Own, "--workers", "2");
        Assert.True(code == 0, error);
        Assert.Equal(States(folder["a"]), States(folder["b"]));
        // What was measured is the same too, and the work is gone.
        foreach (var member in Directory.GetDirectories(Path.Combine(folder["a"], "members")).Select(Path.GetFileName))
            Assert.Equal(Splits(Path.Combine(folder["a"], "members", member!)), Splits(Path.Combine(folder["b"], "members", member!)));
        Assert.False(Directory.Exists(folder["b.work"]));
        Assert.All((await JsonAsync("population", "show", folder["b"])).GetProperty("members").EnumerateArray(), member => Assert.Equal("done", member.GetProperty("status").GetString()));
        Assert.Equal(18, small.Members("base").Count + small.Members("ft").Count);
    }

    [Fact]
    public async Task A_failing_member_stops_only_its_children_and_says_why()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", Family);
        var victim = (await JsonAsync("population", "plan", blueprint, "--no-calibration", "--members")).GetProperty("list")[0].GetProperty("id").GetString()!;
        var trainer = folder.Write("t.sh", $"case \"$1\" in */{victim}) echo oh no >&2; exit 7;; esac\n{Own} \"$1\"\n");
        var made = await JsonAsync("population", "generate", blueprint, "--out", folder["p"], "--trainer", $"sh '{trainer}'", "--retries", "1");
        Assert.Equal(2, made.GetProperty("done").GetInt32());
        var ending = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["p"], "members", victim, "status.json"))).RootElement;
        Assert.Equal(("failed", "error", 7), (ending.GetProperty("status").GetString(), ending.GetProperty("reason").GetString(), ending.GetProperty("exit_code").GetInt32()));
        Assert.Equal("oh no\noh no", ending.GetProperty("stderr").GetString());
        Assert.Contains((await JsonAsync("population", "show", folder["p"])).GetProperty("members").EnumerateArray(), member => member.GetProperty("status").GetString() == "failed (parent)");
        // Mended, it and its child are trained, and nobody else again.
        made = await JsonAsync("population", "generate", blueprint, "--out", folder["p"], "--resume", "--retry-failed", "--trainer", Own);
        Assert.Equal(4, made.GetProperty("done").GetInt32());
    }

    [Fact]
    public async Task A_killed_trainer_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", Family);
        Assert.Equal(0, (await ZooAsync("population", "generate", blueprint, "--out", folder["a"])).Code);
        // The first run of each is killed when its first epoch is there.
        var trainer = folder.Write("t.sh", $$"""
            if [ -e began ]; then {{Own}} "$1"; exit; fi
            touch began
            {{Own[5..]}} "$1" & child=$!
            while ! grep -q '"epoch":1' metrics.jsonl 2>/dev/null; do sleep 0.05; done
            kill -9 $child; kill -9 $$
            """);
        var (code, output, error) = await ZooAsync("population", "generate", blueprint, "--out", folder["b"], "--trainer", $"sh '{trainer}'", "--retries", "1");
        Assert.True(code == 0, error + output);
        Assert.Equal(States(folder["a"]), States(folder["b"]));
    }

    [Theory]
    [InlineData("printf 'x' > epoch-000001.safetensors; echo '{\"epoch\": 1}' >> metrics.jsonl", "epoch-000001.safetensors")]
    [InlineData("echo '{\"epoch\": 1}' >> metrics.jsonl", "are not there")]
    [InlineData("cp epoch-000000.safetensors epoch-000001.safetensors; echo '{\"epoch\": 2}' >> metrics.jsonl", "epoch 1 comes first")]
    [InlineData("echo 'not json' >> metrics.jsonl", "is no JSON")]
    [InlineData("mkfifo epoch-000001.safetensors; echo '{\"epoch\": 1}' >> metrics.jsonl", "is empty")]
    [InlineData("ln -s /etc/passwd epoch-000001.safetensors; echo '{\"epoch\": 1}' >> metrics.jsonl", "no plain file")]
    [InlineData("head -c 30000000 /dev/zero > epoch-000001.safetensors; echo '{\"epoch\": 1}' >> metrics.jsonl", "need at most")]
    [InlineData("cp epoch-000000.safetensors epoch-000001.safetensors; echo '{\"epoch\": 1, \"splits\": [{\"split\": \"val\", \"n\": 3, \"correct\": 4}]}' >> metrics.jsonl", "cannot be")]
    [InlineData("cp epoch-000000.safetensors epoch-000001.safetensors; printf '{\"epoch\": 1, \"train_loss\": 2}' >> metrics.jsonl", "epoch 0 as its last")]
    [InlineData("sed 's/layers.0.bias/layers.0.bios/' epoch-000000.safetensors > epoch-000001.safetensors; echo '{\"epoch\": 1}' >> metrics.jsonl", "layers.0.bios")]
    [InlineData("sed 's/\\[6\\]/[2]/' epoch-000000.safetensors > epoch-000001.safetensors; echo '{\"epoch\": 1}' >> metrics.jsonl", "epoch-000001.safetensors")]
    public async Task What_breaks_the_contract_is_refused_by_name(string deed, string expected)
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", Family);
        var trainer = folder.Write("t.sh", $"cp start.safetensors epoch-000000.safetensors\necho '{{\"epoch\": 0}}' > metrics.jsonl\n{deed}\n");
        var made = await JsonAsync("population", "generate", blueprint, "--out", folder["p"], "--trainer", $"sh '{trainer}'");
        Assert.Equal(0, made.GetProperty("done").GetInt32());
        Assert.Equal(4, made.GetProperty("failed").GetArrayLength());
        Assert.Contains(expected, made.GetProperty("failed")[0].GetProperty("problem").GetString(), StringComparison.Ordinal);
        // What was good before is kept.
        Assert.Equal(2, Directory.GetFiles(folder["p"], "epoch-000000.safetensors", SearchOption.AllDirectories).Length);
        Assert.Empty(Directory.GetFiles(folder["p"], "epoch-000001.safetensors", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_member_whose_numbers_end_is_kept_as_diverged_and_one_that_takes_too_long_is_stopped()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", Family);
        var nan = folder.Write("nan.sh", "cp start.safetensors epoch-000000.safetensors; echo '{\"epoch\": 0}' > metrics.jsonl; echo '{\"epoch\": 1, \"train_loss\": NaN}' >> metrics.jsonl\n");
        Assert.Equal(0, (await JsonAsync("population", "generate", blueprint, "--out", folder["p"], "--trainer", $"sh '{nan}'")).GetProperty("done").GetInt32());
        Assert.Contains((await JsonAsync("population", "show", folder["p"])).GetProperty("members").EnumerateArray(), member => member.GetProperty("status").GetString() == "failed (nan)");
        var made = await JsonAsync("population", "generate", blueprint, "--out", folder["q"], "--trainer", "sleep 600; true", "--time-limit", "1s", "--workers", "2");
        Assert.Contains("time limit", made.GetProperty("failed")[0].GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_lies_elsewhere_is_named_to_the_trainer_and_its_figures_are_taken()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", Family.Replace("{ builtin: shapes8, args: { n: 40, seed: 1, val: { n: 20, seed: 2 } } }", "{ hub: someone/pictures@1 }", StringComparison.Ordinal).Replace("train: {", "head: { out: 10 }, train: {", StringComparison.Ordinal));
        Assert.Contains("--trainer", (await ZooAsync("population", "generate", blueprint, "--out", folder["p"])).Error, StringComparison.Ordinal);
        var trainer = folder.Write("t.sh", """
            grep -q '"hub:someone/pictures@1"' member.json || exit 9
            for e in 0 1 2; do cp start.safetensors epoch-00000$e.safetensors; echo "{\"epoch\": $e, \"train_loss\": 1.5, \"splits\": [{\"split\": \"val\", \"n\": 8, \"correct\": $e, \"loss\": 2.0}]}" >> metrics.jsonl; done
            """);
        var (code, _, error) = await ZooAsync("population", "generate", blueprint, "--out", folder["p"], "--trainer", $"sh '{trainer}'");
        Assert.True(code == 0, error);
        var scores = (await JsonAsync("population", "show", folder["p"])).GetProperty("members")[0].GetProperty("scores").GetProperty("val");
        Assert.Equal(0.25, scores.GetProperty("accuracy").GetDouble());
    }

    internal static IReadOnlyList<string> States(string folder) =>
        [.. Directory.GetFiles(Path.Combine(folder, "members"), "*.safetensors", SearchOption.AllDirectories).Where(file => file.Contains("checkpoints", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(file => $"{Path.GetRelativePath(folder, file)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")];

    static IReadOnlyList<string> Splits(string folder) => [.. File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("splits").GetRawText())];
}

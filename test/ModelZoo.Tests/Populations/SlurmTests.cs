using System.Diagnostics;
using System.Text.Json;
using ModelZoo.Tests.Client;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo population generate --slurm` on a real cluster of one node, set up for the test; skipped in words where Slurm is not installed.</summary>
public sealed class SlurmTests : IAsyncDisposable
{
    const string Family = """
        population: family
        datasets: { shapes: { builtin: shapes8, args: { n: 40, seed: 1, val: { n: 20, seed: 2 } } } }
        architectures: { tiny: { family: mlp, image: 8, hidden: [6] } }
        stages:
          - { name: base, architecture: tiny, dataset: shapes, train: { epochs: 2, batch: 20, lr: 3e-3 }, seeds: [1, 2] }
          - { name: ft, from: { stage: base, checkpoint: last }, dataset: shapes, train: { epochs: 2, batch: 20 }, seeds: [1] }
        evaluate: { on: [val], keep_logits: none }
        """;

    readonly TemporaryFolder _folder = new();
    string? _configuration;

    static string Script => Path.Combine(FindRoot(), "test", "servers", "start-slurm.sh");

    async Task StartClusterAsync()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Slurm was NOT tested: it runs on Linux.");
        if (!File.Exists("/usr/sbin/slurmctld"))
            Assert.Skip("Slurm was NOT tested: apt-get install slurmctld slurmd slurm-client munge.");
        var (code, output) = await RunAsync(Script, _folder["slurm"]);
        if (code != 0) Assert.Skip($"Slurm was NOT tested: {output}");
        _configuration = output.Split('\n').First(line => line.StartsWith("SLURM_CONF=", StringComparison.Ordinal))["SLURM_CONF=".Length..].Trim();
        Environment.SetEnvironmentVariable("SLURM_CONF", _configuration);
    }

    public async ValueTask DisposeAsync()
    {
        if (_configuration is not null) await RunAsync(Script, "stop", _folder["slurm"]);
        Environment.SetEnvironmentVariable("SLURM_CONF", null);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_population_trains_on_a_cluster_and_comes_back_the_same()
    {
        await StartClusterAsync();
        var blueprint = _folder.Write("b.yaml", Family);
        Assert.Equal(0, (await ZooAsync("population", "generate", blueprint, "--out", _folder["a"])).Code);
        var (code, _, error) = await ZooAsync("population", "generate", blueprint, "--out", _folder["b"], "--slurm", "--partition", "main", "--time", "5", "--cpus", "1", "--mem", "200M", "--sbatch=--nice=10", "--poll", "0.3");
        Assert.True(code == 0, error);
        Assert.Equal(TrainerCommandTests.States(_folder["a"]), TrainerCommandTests.States(_folder["b"]));

        // A trainer without PyTorch, in Python and numpy; one member fails and its child is told of it.
        if (!File.Exists("/usr/bin/python3") || (await RunAsync("/usr/bin/python3", "-c", "import numpy")).Code != 0) return;
        var victim = (await JsonAsync("population", "plan", blueprint, "--no-calibration", "--members")).GetProperty("list")[1].GetProperty("id").GetString()!;
        var trainer = _folder.Write("toy.py", Toy.Replace("VICTIM", victim, StringComparison.Ordinal));
        var made = await JsonAsync("population", "generate", blueprint, "--out", _folder["c"], "--slurm", "--trainer", $"/usr/bin/python3 '{trainer}'", "--poll", "0.3");
        Assert.Equal(2, made.GetProperty("done").GetInt32());
        var ending = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["c"], "members", victim, "status.json"))).RootElement;
        Assert.Equal((3, "no luck"), (ending.GetProperty("exit_code").GetInt32(), ending.GetProperty("stderr").GetString()));

        // Stopped while jobs run: they are cancelled when that was asked for, and all begins where it was.
        using var running = Process.Start(new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "zoo.dll"), "population", "generate", blueprint, "--out", _folder["d"], "--slurm", "--trainer", "sleep 300; true", "--cancel-jobs", "--poll", "0.3"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        for (var i = 0; i < 150 && (await RunAsync("squeue", "--noheader")).Output.Length == 0 && !running.HasExited; i++) await Task.Delay(200);
        await RunAsync("kill", "-TERM", $"{running.Id}");      // an interrupt may be ignored, where a shell started all this in the background
        await running.WaitForExitAsync();
        Assert.Equal(1, running.ExitCode);
        for (var i = 0; i < 50 && (await RunAsync("squeue", "--noheader", "--states=PENDING,RUNNING")).Output.Trim().Length > 0; i++) await Task.Delay(200);
        Assert.Equal("", (await RunAsync("squeue", "--noheader", "--states=PENDING,RUNNING")).Output.Trim());
        (code, _, error) = await ZooAsync("population", "generate", blueprint, "--out", _folder["d"], "--resume", "--slurm", "--poll", "0.3");
        Assert.True(code == 0, error);
        Assert.Equal(TrainerCommandTests.States(_folder["a"]), TrainerCommandTests.States(_folder["d"]));
    }

    /// <summary>Nudges the weights it was given: what matters is that it keeps to the contract.</summary>
    const string Toy = """
        import json, os, sys
        import numpy as np
        folder = sys.argv[1]
        order = json.load(open(os.path.join(folder, "member.json")))
        if order["member"] == "VICTIM":
            sys.exit(print("no luck", file=sys.stderr) or 3)
        weights = {t["name"]: np.zeros(t["shape"], np.float32) for t in order["tensors"]}
        for epoch in range(order["epochs"] + 1):
            header, raw = {}, b""
            for name, values in weights.items():
                header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(raw), len(raw) + values.nbytes]}
                raw += values.tobytes()
                values += 0.1
            text = json.dumps(header).encode()
            path = os.path.join(folder, f"epoch-{epoch:06d}.safetensors")
            with open(path + ".part", "wb") as file:
                file.write(len(text).to_bytes(8, "little") + text + raw)
            os.replace(path + ".part", path)
            with open(os.path.join(folder, "metrics.jsonl"), "a") as file:
                file.write(json.dumps({"epoch": epoch, "train_loss": 1.0}) + "\n")
        """;

    static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("timeout", ["60", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        // Daemons may keep the pipe of errors open; what a program printed is there.
        await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(2000));
        return (process.ExitCode, (output.IsCompleted ? await output : "") + (process.ExitCode != 0 && errors.IsCompleted ? await errors : ""));
    }

    internal static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ModelZoo.slnx"))) return folder.FullName;
        throw new DirectoryNotFoundException("ModelZoo.slnx");
    }
}

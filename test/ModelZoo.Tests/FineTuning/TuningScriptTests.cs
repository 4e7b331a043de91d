using System.Text.Json.Nodes;
using ModelZoo.Learning.External;
using ModelZoo.Tests.Client;
using YamlDotNet.RepresentationModel;
using static ModelZoo.Tests.Populations.DebianPython;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.FineTuning;

/// <summary>
/// `zoo finetune --script` and the scripts that it and `zoo population scripts --for peft` write. Loops, data and merging are run with PyTorch alone where it is installed
/// (Debian's python3-torch), and skipped in words otherwise; transformers and PEFT are Debian's neither here nor there.
/// </summary>
public sealed class TuningScriptTests
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";
    const string Odd = "x'; touch pwned # \"$(touch pwned)\"\n- a: b";

    [Fact]
    public async Task A_folder_pins_model_data_libraries_and_image_and_holds_names_as_names_only()
    {
        using var folder = new TemporaryFolder();
        foreach (var scheduler in (string[])["none", "slurm", "kubernetes"])
        {
            var written = await ZooAsync("finetune", $"meta/large@{Commit}", $"me/data@{Commit}", "--script", "--task", "causal-lm", "--method", "lora", "--rank", "16", "--epochs", "3", "--out", folder[scheduler], "--with", scheduler, "--base-name", Odd,
                "--text-column", Odd, "--gpus", "2", "--claim", "a: {b}", "--image", $"registry/pytorch@sha256:{Commit}", "--time", "2:00:00", "--endpoint", "http://hub.example:8080/");
            Assert.True(written.Code == 0, written.Error);
            var task = JsonNode.Parse(File.ReadAllText(folder[$"{scheduler}/task.json"]))!;
            Assert.Equal(("causal-lm", "lora", "meta/large", Commit, Odd, Odd), ((string)task["task"]!, (string)task["method"]!, (string)task["model"]!, (string)task["revision"]!, (string)task["base_name"]!, (string)task["text"]!));
            Assert.Equal("me/data", (string)task["dataset"]!);
            Assert.Equal((Commit, 16, 32.0, 3, 5e-4), ((string)task["dataset_revision"]!, (int)task["lora"]!["r"]!, (double)task["lora"]!["alpha"]!, (int)task["epochs"]!, (double)task["lr"]!));
            Assert.Contains("HF_ENDPOINT='http://hub.example:8080'", File.ReadAllText(folder[$"{scheduler}/run.sh"]), StringComparison.Ordinal);
            Assert.All(File.ReadLines(folder[$"{scheduler}/requirements.txt"]).Where(line => !line.StartsWith('#')), line => Assert.Matches("^[a-z]+==[0-9.]+$", line));
            foreach (var script in Directory.GetFiles(folder[scheduler], "*.sh"))
            {
                Assert.DoesNotContain("pwned", File.ReadAllText(script), StringComparison.Ordinal);
                if (!OperatingSystem.IsWindows()) Assert.Equal(0, (await RunAsync(folder[scheduler], "sh", ("", ""), "-n", Path.GetFileName(script))).Code);
            }
            foreach (var name in (string[])["tune.py", "train.py"]) Assert.Equal(TrainerScripts.Read(name), File.ReadAllText(folder[$"{scheduler}/{name}"]));
        }
        Assert.Contains("'--gres=gpu:2'", File.ReadAllText(folder["slurm/submit.sh"]), StringComparison.Ordinal);
        Assert.Contains("'--time=2:00:00'", File.ReadAllText(folder["slurm/submit.sh"]), StringComparison.Ordinal);

        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(folder["kubernetes/job.yaml"])));
        var job = (YamlMappingNode)Assert.Single(yaml.Documents).RootNode;
        Assert.Equal(["apiVersion", "kind", "metadata", "spec"], job.Children.Keys.Select(key => key.ToString()));
        Assert.Equal(("batch/v1", "Job", Odd), (job["apiVersion"].ToString(), job["kind"].ToString(), job["metadata"]["annotations"]["modelzoo/model"].ToString()));
        Assert.Matches("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", job["metadata"]["name"].ToString());
        Assert.Equal(["completions", "parallelism", "backoffLimit", "template"], ((YamlMappingNode)job["spec"]).Children.Keys.Select(key => key.ToString()));
        var pod = job["spec"]["template"]["spec"];
        Assert.Equal(["restartPolicy", "containers", "volumes"], ((YamlMappingNode)pod).Children.Keys.Select(key => key.ToString()));
        var container = (YamlMappingNode)pod["containers"][0];
        Assert.Equal(["name", "image", "command", "resources", "env", "volumeMounts"], container.Children.Keys.Select(key => key.ToString()));
        Assert.Equal(("Never", $"registry/pytorch@sha256:{Commit}", "2", "a: {b}"), (pod["restartPolicy"].ToString(), container["image"].ToString(), container["resources"]["limits"]["nvidia.com/gpu"].ToString(), pod["volumes"][0]["persistentVolumeClaim"]["claimName"].ToString()));
        Assert.Equal("true", container["env"][0]["valueFrom"]["secretKeyRef"]["optional"].ToString());
        Assert.Equal(["/bin/sh", "-c"], ((YamlSequenceNode)container["command"]).Take(2).Select(part => part.ToString()));
    }

    [Theory]
    [InlineData("--task says what", "me/m@COMMIT", "me/d@COMMIT")]
    [InlineData("it can be", "me/m@COMMIT", "me/d@COMMIT", "--task", "summarize")]
    [InlineData("no head of classes", "me/m@COMMIT", "me/d@COMMIT", "--task", "causal-lm", "--method", "probe")]
    [InlineData("means nothing with --script", "me/m@COMMIT", "me/d@COMMIT", "--task", "causal-lm", "--to", "me/x")]
    [InlineData("one of them", "me/m@COMMIT", "me/d@COMMIT", "--on-hub")]
    [InlineData("no folder and no repository", "nothing", "me/d@COMMIT", "--task", "causal-lm")]
    [InlineData("not 'pbs'", "me/m@COMMIT", "me/d@COMMIT", "--task", "causal-lm", "--with", "pbs")]
    public async Task What_cannot_be_written_is_refused_in_a_sentence(string words, params string[] how)
    {
        using var folder = new TemporaryFolder();
        var (code, _, error) = await ZooAsync(["finetune", .. how.Select(word => word.Replace("COMMIT", Commit, StringComparison.Ordinal)), "--script", "--out", folder["x"]]);
        Assert.NotEqual(0, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["x"]));
    }

    [Fact]
    public async Task The_loop_learns_chooses_the_best_epoch_and_goes_on_to_the_same_bits()
    {
        await RequireTorchAsync();
        using var folder = new TemporaryFolder();
        var written = await ZooAsync("finetune", $"me/m@{Commit}", $"me/d@{Commit}", "--script", "--task", "text-classification", "--method", "full", "--epochs", "6", "--batch", "16", "--lr", "0.03", "--out", folder["job"]);
        Assert.True(written.Code == 0, written.Error);
        await CheckAsync(folder["job"], "check_tune.py");
    }

    [Fact]
    public async Task A_member_is_adapted_merged_and_collected()
    {
        await RequireTorchAsync();
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", """
            population: adapted
            datasets:
              glyphs: { builtin: glyphs8, args: { n: 200, seed: 1, val: { n: 32, seed: 2 } } }
            architectures:
              tiny: { family: vit, image: 8, patch: 2, dim: 16, depth: 2, heads: 2, mlp: 24 }
            stages:
              - { name: pre, architecture: tiny, dataset: glyphs, train: { epochs: 1, batch: 20, lr: 1e-3 }, seeds: [42] }
              - { name: ft, from: { stage: pre }, dataset: glyphs, train: { epochs: 3, batch: 20, lr: 1e-2, augment: [shift(1)] }, seeds: [3] }
            evaluate: { on: [val], every: 1, keep_logits: none }
            """);
        var written = await ZooAsync("population", "scripts", blueprint, "--out", folder["job"], "--for", "peft", "--with", "kubernetes");
        Assert.True(written.Code == 0, written.Error);
        Assert.Contains("pip install --quiet -r /work/requirements.txt", File.ReadAllText(folder["job/jobs.yaml"]), StringComparison.Ordinal);
        // What starts from nothing needs no adapter, and so no libraries.
        var (code, output) = await RunAsync(folder["job"], "./member.sh", ("OMP_NUM_THREADS", "1"), "level-0.txt", "0", "lora.py");
        Assert.True(code == 0, output + string.Concat(Directory.GetFiles(folder["job"], "trainer.err", SearchOption.AllDirectories).Select(File.ReadAllText)));
        await CheckAsync(folder["job"], "check_lora.py", Path.Combine(folder["job"], "members", File.ReadLines(folder["job/level-1.txt"]).Single()));
        var collected = await ZooAsync("population", "collect", blueprint, "--from", folder["job"], "--out", folder["there"]);
        Assert.True(collected.Code == 0 && collected.Output.Contains("2 members are done, 0 failed", StringComparison.Ordinal), collected.Output + collected.Error);
    }

    [Fact]
    public async Task All_scripts_compile()
    {
        if (!File.Exists(Interpreter)) Assert.Skip("The scripts were NOT compiled: apt-get install python3.");
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["train.py", "lora.py", "tune.py"]) folder.Write(name, TrainerScripts.Read(name));
        var (code, output) = await RunAsync(folder.Path, Interpreter, ("", ""), "-m", "py_compile", "train.py", "lora.py", "tune.py");
        Assert.True(code == 0, output);
    }

    /// <summary>Runs one of this folder's programs beside the scripts.</summary>
    static async Task CheckAsync(string job, string program, params string[] arguments)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "ModelZoo.slnx"))) root = root.Parent;
        File.Copy(Path.Combine(root.FullName, "test/ModelZoo.Tests/FineTuning", program), Path.Combine(job, program));
        var (code, output) = await RunAsync(job, Interpreter, [("OMP_NUM_THREADS", "1"), program, .. arguments]);
        Assert.True(code == 0, output);
        Assert.EndsWith("ok\n", output, StringComparison.Ordinal);
    }
}

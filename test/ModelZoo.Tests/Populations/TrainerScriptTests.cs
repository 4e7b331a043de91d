using System.Globalization;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using static ModelZoo.Tests.Populations.DebianPython;
using static ModelZoo.Tests.Populations.SmallPopulation;
using YamlDotNet.RepresentationModel;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo population scripts` and `collect`: what it writes is run where Python with PyTorch is installed (Debian's python3-torch), skipped in words otherwise.</summary>
public sealed class TrainerScriptTests
{
    /// <summary>Twenty steps each, by every optimiser, augmentation, loss, family and way to begin, with and without dropout.</summary>
    const string TwentySteps = """
        population: twenty
        title: "$(touch pwned) `touch pwned` '; touch pwned; # \" {{x}} \n- evil: yes"
        datasets:
          glyphs: { builtin: glyphs8, args: { n: 200, seed: 1, val: { n: 32, seed: 2 } } }
        architectures:
          tiny: { family: vit, image: 8, patch: 2, dim: 32, depth: 4, heads: 4, mlp: 64 }
          conv: { family: cnn, image: 8, hidden: [8, 6], kernel: 3, activation: tanh }
          wide: { family: mlp, image: 8, hidden: [24, 12], activation: sigmoid }
        stages:
          - { name: sgd, architecture: tiny, dataset: glyphs, train: { epochs: 2, batch: 20, lr: 0.05, optimizer: sgd, momentum: 0.9, weight_decay: 1e-4, schedule: cosine, warmup_steps: 4, label_smoothing: 0.1 }, seeds: [42] }
          - { name: adamw, architecture: tiny, dataset: glyphs, train: { epochs: 2, batch: 20, lr: 1e-3, weight_decay: 1e-4, label_smoothing: 0.1, init: kaiming_normal, augment: [shift(1), flip, noise(2), erase(0.25), mixup(0.8), cutmix(1)] }, seeds: [42] }
          - { name: cl, architecture: tiny, dataset: glyphs, objective: { kind: contrastive, temperature: 0.2 }, head: { out: 16 }, train: { epochs: 2, batch: 20, lr: 1e-3, dropout: 0.1 }, seeds: [42] }
          - { name: cnn, architecture: conv, dataset: glyphs, train: { epochs: 2, batch: 20, lr: 1e-2, schedule: one-cycle, ema: 0.9, init: kaiming_uniform }, seeds: [7] }
          - { name: adam, architecture: tiny, dataset: glyphs, head: { kind: mlp, hidden: 12 }, train: { epochs: 2, batch: 20, lr: 3e-4, optimizer: adam, weight_decay: 1e-2, dropout: 0.2 }, seeds: [7] }
          - { name: cnn-drop, architecture: conv, dataset: glyphs, head: { kind: mlp, hidden: 12 }, train: { epochs: 2, batch: 20, lr: 1e-3, optimizer: adam, weight_decay: 1e-3, init: normal, dropout: 0.5 }, seeds: [7] }
          - { name: mlp-drop, architecture: wide, dataset: glyphs, train: { epochs: 2, batch: 20, lr: 1e-3, optimizer: sgd, momentum: 0.9, init: uniform, dropout: 0.3 }, seeds: [7] }
          - { name: ft, from: { stage: sgd }, dataset: glyphs, head: { kind: mlp, hidden: 12 }, train: { epochs: 2, batch: 20, lr: 1e-3 }, seeds: [3] }
        evaluate: { on: [val], every: 1, keep_logits: none }
        """;

    /// <summary>The same of three channels, by the changes that move pixels.</summary>
    const string Coloured = """
        population: coloured
        datasets:
          pictures: { hub: someone/pictures@v1, args: { side: 8 } }
        architectures:
          tiny: { family: vit, image: 8, channels: 3, patch: 4, dim: 16, depth: 1, heads: 2, mlp: 16 }
          conv: { family: cnn, image: 8, channels: 3, hidden: [6, 4], kernel: 3, activation: gelu }
        stages:
          - { name: cnn, architecture: conv, dataset: pictures, train: { epochs: 2, batch: 10, lr: 1e-2, augment: [shift(1), flip, noise(2), erase(0.5), cutmix(1)] }, seeds: [7] }
          - { name: vit, architecture: tiny, dataset: pictures, train: { epochs: 2, batch: 10, lr: 1e-3, augment: [shift(2), mixup(0.8)] }, seeds: [7] }
          - { name: cl, architecture: tiny, dataset: pictures, objective: { kind: contrastive, temperature: 0.2 }, head: { out: 16 }, train: { epochs: 2, batch: 10, lr: 1e-3 }, seeds: [42] }
        evaluate: { on: [val], every: 1, keep_logits: none }
        """;

    [Fact]
    public async Task Twenty_steps_in_double_precision_stay_with_the_built_in_trainer()
    {
        await RequireTorchAsync();
        using var folder = new TemporaryFolder();
        await RequireSameAsync(folder, TwentySteps, members: 8);
        Assert.Empty(Directory.GetFiles(folder.Path, "pwned", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Coloured_pictures_of_a_folder_are_trained_on_alike()
    {
        await RequireTorchAsync();
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        foreach (var (split, count) in ((string, int)[])[("train", 100), ("validation", 20)])
            for (var i = 0; i < count; i++)
            {
                var pixels = new byte[8 * 8 * 3];
                for (var at = 0; at < pixels.Length; at++) pixels[at] = (byte)(random.Next(90) + (at % 3 == i % 3 ? 160 : 0));
                var path = folder[$"data/{split}/class-{i % 3}/{i:d3}.ppm"];
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, [.. "P6\n8 8\n255\n"u8, .. pixels]);
            }
        await RequireSameAsync(folder, Coloured, members: 3, "--data", $"pictures={folder["data"]}");
    }

    /// <summary>Trains here and by the generated script, in double precision, and compares all parameters.</summary>
    static async Task RequireSameAsync(TemporaryFolder folder, string text, int members, params string[] data)
    {
        var blueprint = folder.Write("b.yaml", text);
        var generated = await ZooAsync(["population", "generate", blueprint, "--out", folder["here"], .. data]);
        Assert.True(generated.Code == 0, generated.Error);
        var written = await ZooAsync(["population", "scripts", blueprint, "--out", folder["job"], .. data]);
        Assert.True(written.Code == 0, written.Error);
        var (code, output) = await RunAsync(folder["job"], "./run.sh", ("ZOO_DTYPE", "float64"), ("OMP_NUM_THREADS", "1"));
        Assert.True(code == 0, output + string.Concat(Directory.GetFiles(folder["job"], "trainer.err", SearchOption.AllDirectories).Select(File.ReadAllText)));
        Assert.Contains("0 epochs taken", (await CollectAsync(2)).Output, StringComparison.Ordinal);

        var (ours, theirs) = (await Population.OpenAsync(new FolderFiles(folder["here"]), default), await Population.OpenAsync(new FolderFiles(folder["there"]), default));
        Assert.Equal(members, theirs.Members.Count(member => member.IsDone));
        foreach (var member in ours.Members)
        {
            var layout = ParameterLayout.Of(member.Card.Architecture!, member.Card.Head!);
            var (a, b) = (await ours.ReadParametersAsync(member, 2, default), await theirs.ReadParametersAsync(theirs.Get(member.Id), 2, default));
            // A child begins where its parent ended, which is twenty steps on already: only those that begin from nothing are compared.
            if (member.Card.ParentId is not null) continue;
            Assert.Equal(await ours.ReadParametersAsync(member, 0, default), await theirs.ReadParametersAsync(theirs.Get(member.Id), 0, default));
            foreach (var tensor in layout.Tensors)
                for (var i = 0; i < tensor.Count; i++)
                    // The bias of keys has no gradient, and AdamW walks it at random.
                    if (!tensor.Name.EndsWith("qkv.bias", StringComparison.Ordinal) || i < tensor.Count / 3 || i >= 2 * tensor.Count / 3)
                        Assert.True(Math.Abs(a[tensor.Offset + i] - b[tensor.Offset + i]) <= 1e-5, $"{member.Id} {tensor.Name}[{i}]: {a[tensor.Offset + i]} and {b[tensor.Offset + i]}");
        }

        async Task<(int Code, string Output, string Error)> CollectAsync(int times)
        {
            (int Code, string Output, string Error) last = default;
            for (var i = 0; i < times; i++)
            {
                last = await ZooAsync(["population", "collect", blueprint, "--from", folder["job"], "--out", folder["there"], .. data]);
                Assert.True(last.Code == 0, last.Error);
            }
            return last;
        }
    }

    [Fact]
    public async Task Job_files_hold_names_as_names_only()
    {
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", TwentySteps);
        foreach (var (library, scheduler, file) in ((string, string, string)[])[("pytorch", "kubernetes", "jobs.yaml"), ("peft", "slurm", "submit.sh"), ("pytorch", "none", "run.sh")])
        {
            var (code, _, error) = await ZooAsync("population", "scripts", blueprint, "--out", folder[scheduler], "--for", library, "--with", scheduler, "--gpus", "1", "--claim", "a: {b}\n- c", "--image", "x'; touch pwned #");
            Assert.True(code == 0, error);
            var text = await File.ReadAllTextAsync(Path.Combine(folder[scheduler], file));
            if (file.EndsWith(".sh", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("pwned", text, StringComparison.Ordinal);
                if (!OperatingSystem.IsWindows()) Assert.Equal(0, (await RunAsync(folder[scheduler], "sh", ("", ""), "-n", file)).Code);
                continue;
            }
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            Assert.Equal(2, yaml.Documents.Count);
            foreach (var document in yaml.Documents)
            {
                var job = (YamlMappingNode)document.RootNode;
                Assert.Equal(["apiVersion", "kind", "metadata", "spec"], job.Children.Keys.Select(key => key.ToString()));
                Assert.Equal(("batch/v1", "Job", "Indexed", "Never"), (job["apiVersion"].ToString(), job["kind"].ToString(), job["spec"]["completionMode"].ToString(), job["spec"]["template"]["spec"]["restartPolicy"].ToString()));
                Assert.True(int.Parse(job["spec"]["completions"].ToString(), CultureInfo.InvariantCulture) >= int.Parse(job["spec"]["parallelism"].ToString(), CultureInfo.InvariantCulture));
                Assert.Contains("touch pwned", job["metadata"]["annotations"]["modelzoo/title"].ToString(), StringComparison.Ordinal);
                Assert.Matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", job["metadata"]["name"].ToString());
                Assert.Equal(["completionMode", "completions", "parallelism", "backoffLimit", "template"], ((YamlMappingNode)job["spec"]).Children.Keys.Select(key => key.ToString()));
                var pod = job["spec"]["template"]["spec"];
                Assert.Equal("x'; touch pwned #", pod["containers"][0]["image"].ToString());
                Assert.Equal("a: {b}\n- c", pod["volumes"][0]["persistentVolumeClaim"]["claimName"].ToString());
                Assert.Equal("1", pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"].ToString());
                Assert.Equal("/work", pod["containers"][0]["volumeMounts"][0]["mountPath"].ToString());
            }
        }
        Assert.All(File.ReadLines(Path.Combine(folder["slurm"], "requirements.txt")).Where(line => !line.StartsWith('#')), line => Assert.Matches(@"^[a-z]+==[0-9.]+$", line));
    }

    [Fact]
    public async Task Adapters_are_written_under_the_names_that_our_export_uses()
    {
        await RequireTorchAsync();
        using var folder = new TemporaryFolder();
        var blueprint = folder.Write("b.yaml", TwentySteps);
        Assert.Equal(0, (await ZooAsync("population", "scripts", blueprint, "--out", folder["job"], "--for", "peft")).Code);
        Assert.Equal(0, (await ZooAsync("population", "generate", blueprint, "--out", folder["here"])).Code);
        var member = Path.GetFileName(Directory.GetDirectories(Path.Combine(folder["here"], "members"), "sgd-*")[0]);
        Assert.Equal(0, (await ZooAsync("population", "export", folder["here"], "--member", member, "--format", "hf", "--out", folder["hf"])).Code);
        folder.Write("check.py", $"""
            import json, sys
            import numpy as np
            sys.path.insert(0, "{folder["job"]}")
            import lora, train
            order = json.load(open("{folder["job"]}/members/{member}/member.json"))
            ours = train.read_tensors("{folder["here"]}/members/{member}/checkpoints/epoch-000002.safetensors")
            theirs = train.read_tensors("{folder["hf"]}/model.safetensors")
            made = lora.to_theirs(ours)
            assert sorted(made) == sorted(theirs), set(made) ^ set(theirs)
            assert all(np.array_equal(made[name], theirs[name]) for name in made)
            back = lora.to_ours(theirs, order["tensors"])
            assert all(np.array_equal(back[name], ours[name]) for name in ours)
            """);
        var (code, output) = await RunAsync(folder.Path, "/usr/bin/python3", ("", ""), "check.py");
        Assert.True(code == 0, output);
    }
}

using System.Globalization;
using System.Text;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.External.Slurm;
using ModelZoo.Learning.Populations;
using static ModelZoo.Learning.External.ScriptFiles;

namespace ModelZoo.Learning.External;

public enum ScriptKind { PyTorch, Peft }

public enum ScriptHost { None, Slurm, Kubernetes }

/// <summary>How the members of scripts are run elsewhere.</summary>
/// <param name="Image">The container's image, by version or digest.</param>
/// <param name="Claim">The persistent volume claim that holds the folder.</param>
public sealed record ScriptSettings(ScriptKind Kind, ScriptHost Host, SlurmSettings Slurm, string Image = TrainerScripts.DefaultImage, string Claim = "population", int AtOnce = 4, int Gpus = 0);

/// <summary>
/// A folder from which a population trains without this program: the scripts of data/trainers as they are, a folder with an order for each member, and what
/// runs them. What strangers wrote (titles, names) goes into JSON only; nothing of it becomes text of a program.
/// </summary>
public static class TrainerScripts
{
    public const string DefaultImage = "docker.io/pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime";
    /// <returns>Paths of the files made, relative to the folder, without the members'.</returns>
    /// <exception cref="TrainerException">A member cannot be described beforehand, such as one that starts from the best epoch of another.</exception>
    public static async Task<IReadOnlyList<string>> WriteAsync(Blueprint blueprint, IReadOnlyList<Member> members, WorkPlace work, ScriptSettings settings, CancellationToken stop)
    {
        foreach (var member in members) await work.PrepareAheadAsync(member, stop);
        var script = settings.Kind == ScriptKind.Peft ? "lora.py" : "train.py";
        var levels = members.GroupBy(LevelOf).OrderBy(level => level.Key).Select(level => level.Select(member => member.Id).ToList()).ToList();
        var files = new List<PopulationFile>
        {
            Copy("train.py"), Copy("member.sh"), settings.Kind == ScriptKind.Peft ? Copy("requirements-peft.txt", "requirements.txt") : Copy("requirements.txt"),
            Text("about.json", Json(new { population = blueprint.Population, title = blueprint.Title, licence = blueprint.Licence, members = members.Count }) + "\n"),
        };
        if (settings.Kind == ScriptKind.Peft) files.AddRange([Copy("lora.py"), Text("lora.json", """{"r": 8, "alpha": 16, "dropout": 0.0, "targets": ["query", "value"]}""" + "\n")]);
        else if (members.Any(member => member.Dataset.Origin != DatasetOrigin.Builtin)) files.Add(Copy("requirements-hub.txt"));
        for (var level = 0; level < levels.Count; level++) files.Add(Text($"level-{level}.txt", string.Concat(levels[level].Select(id => id + "\n"))));
        files.Add(settings.Host switch
        {
            ScriptHost.Slurm => Text("submit.sh", Submit(levels, script, settings)),
            ScriptHost.Kubernetes => Text("jobs.yaml", Jobs(blueprint, levels, script, settings)),
            _ => Text("run.sh", Run(levels, script)),
        });
        files.Add(Text("README.md", Readme(settings, levels.Count, files.Any(file => file.Path == "requirements-hub.txt"))));
        return await WriteScriptsAsync(work.Root, files, stop);
    }

    /// <summary>A script of data/trainers, as it is.</summary>
    public static string Read(string name) => ReadScript(name);

    static int LevelOf(Member member) => member.Parent is { } parent ? LevelOf(parent.Member) + 1 : 0;

    static string Run(List<List<string>> levels, string script)
    {
        var text = new StringBuilder("#!/bin/sh\n# All members, parents first, one after the other; those that are done are passed over.\ncd \"$(dirname \"$0\")\" || exit 1\nfailed=0\n");
        for (var level = 0; level < levels.Count; level++)
            text.Append(CultureInfo.InvariantCulture, $"i=0; while [ $i -lt {levels[level].Count} ]; do ./member.sh level-{level}.txt $i {script} || failed=$((failed + 1)); i=$((i + 1)); done\n");
        return text.Append("[ $failed = 0 ] || { echo \"$failed members failed\" >&2; exit 1; }\n").ToString();
    }

    static string Submit(List<List<string>> levels, string script, ScriptSettings settings)
    {
        var options = string.Concat(settings.Slurm.Options().Select(option => " " + Quote(option)));
        var text = new StringBuilder("#!/bin/sh\n# One array for each generation of members; children begin when all parents have ended, and leave at once where theirs failed.\nset -e\ncd \"$(dirname \"$0\")\"\nmkdir -p logs\nafter=\n");
        for (var level = 0; level < levels.Count; level++)
            for (var (first, part) = (0, 0); first < levels[level].Count; first += settings.Slurm.MaxArray, part++)
            {
                var count = Math.Min(settings.Slurm.MaxArray, levels[level].Count - first);
                text.Append(CultureInfo.InvariantCulture, $"job_{level}_{part}=$(sbatch --parsable --job-name=zoo-level-{level} --array=0-{count - 1}%{settings.AtOnce} --output=logs/level-{level}-%a.log --chdir=\"$PWD\" $after{options} --wrap='./member.sh level-{level}.txt $((SLURM_ARRAY_TASK_ID + {first})) {script}')\n");
                if (first + count == levels[level].Count) text.Append(CultureInfo.InvariantCulture, $"after=--dependency=afterany{string.Concat(Enumerable.Range(0, part + 1).Select(n => $":${{job_{level}_{n}%%;*}}"))}\n");
            }
        return text.Append("echo \"submitted; squeue --me shows them, members/*/exit how they ended\"\n").ToString();
    }

    /// <summary>An indexed Job for each generation. JSON texts are YAML as they stand, whatever they hold.</summary>
    static string Jobs(Blueprint blueprint, List<List<string>> levels, string script, ScriptSettings settings)
    {
        var text = new StringBuilder("# kubectl apply -f jobs.yaml; the claim holds this folder. Children wait for their parents by themselves.\n");
        for (var level = 0; level < levels.Count; level++)
            text.Append("---\n").Append(CultureInfo.InvariantCulture, $"""
                apiVersion: batch/v1
                kind: Job
                metadata:
                  name: {Label(blueprint.Population, "population")}-level-{level}
                  annotations:
                    modelzoo/population: {Json(blueprint.Population)}
                    modelzoo/title: {Json(blueprint.Title ?? blueprint.Population)}
                spec:
                  completionMode: Indexed
                  completions: {levels[level].Count}
                  parallelism: {Math.Clamp(settings.AtOnce, 1, levels[level].Count)}
                  backoffLimit: {Math.Max(6, levels[level].Count)}
                  template:
                    spec:
                      restartPolicy: Never
                      containers:
                        - name: trainer
                          image: {Json(settings.Image)}
                          command: ["/bin/sh", "-c", "{(settings.Kind == ScriptKind.Peft ? Install : "")}exec /work/member.sh level-{level}.txt \"$JOB_COMPLETION_INDEX\" {script}"]
                          {(settings.Gpus > 0 ? $"resources: {{ limits: {{ nvidia.com/gpu: {settings.Gpus} }} }}" : "resources: { requests: { cpu: \"1\", memory: 2Gi } }")}
                          volumeMounts:
                            - name: work
                              mountPath: /work
                      volumes:
                        - name: work
                          persistentVolumeClaim:
                            claimName: {Json(settings.Claim)}

                """);
        return text.ToString();
    }

    static string Readme(ScriptSettings settings, int levels, bool hasHubData) => $"""
        # Members to train elsewhere

        `about.json` says which population. Each folder of `members/` holds the order for one member (`member.json`) and receives its epochs; `{(settings.Kind == ScriptKind.Peft ? "lora.py" : "train.py")}` trains it.

        ```sh
        python3 -m venv .venv && . .venv/bin/activate
        pip install -r requirements.txt{(hasHubData ? " -r requirements-hub.txt" : "")}
        {(settings.Host switch { ScriptHost.Slurm => "./submit.sh", ScriptHost.Kubernetes => "kubectl apply -f jobs.yaml      # after the claim holds this folder", _ => "./run.sh" })}
        ```

        There {(levels == 1 ? "is one generation" : $"are {levels} generations")}; parents come first. What was stopped goes on where it was when it is run again. `members/*/exit` says how each ended.
        Bring the epochs into a population, during training or after it:

        ```sh
        zoo population collect BLUEPRINT --from . --out POPULATION
        ```

        """;
}

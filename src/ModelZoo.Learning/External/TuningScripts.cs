using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.External.Slurm;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Populations;
using static ModelZoo.Learning.External.ScriptFiles;

namespace ModelZoo.Learning.External;

/// <summary>A fine-tuning that runs elsewhere: which model and data, at which commits, and how.</summary>
public sealed record TuningTask
{
    /// <summary>text-classification, image-classification or causal-lm.</summary>
    public required string Task { get; init; }

    /// <summary>A repository of a hub as owner/name, or a folder that the machine sees.</summary>
    public required string Model { get; init; }

    /// <summary>The commit; null for folders.</summary>
    public string? Revision { get; init; }

    /// <summary>What the base is called in the card.</summary>
    public required string BaseName { get; init; }
    public required string Dataset { get; init; }
    public string? DatasetRevision { get; init; }
    public string? Config { get; init; }
    public string? Text { get; init; }
    public string? Pair { get; init; }
    public string? Image { get; init; }
    public string? Label { get; init; }
    public string TrainSplit { get; init; } = "train";
    public string ValidationSplit { get; init; } = "validation";
    public string TestSplit { get; init; } = "test";
    public int? Limit { get; init; }
    public int? MaxLength { get; init; }
    public bool IsRegression { get; init; }
    public bool DrawsHead { get; init; }
    public bool Merges { get; init; }
    public required FineTuneSettings Settings { get; init; }

    /// <summary>task.json as tune.py reads it.</summary>
    public JsonObject ToJson() => new()
    {
        ["contract"] = 1, ["task"] = Task, ["method"] = Settings.Method.ToString().ToLowerInvariant(), ["model"] = Model, ["revision"] = Revision, ["base_name"] = BaseName, ["dataset"] = Dataset, ["dataset_revision"] = DatasetRevision,
        ["config"] = Config, ["text"] = Text, ["pair"] = Pair, ["image"] = Image, ["label"] = Label, ["train_split"] = TrainSplit, ["validation_split"] = ValidationSplit, ["test_split"] = TestSplit, ["limit"] = Limit, ["max_length"] = MaxLength,
        ["regression"] = IsRegression, ["new_head"] = DrawsHead, ["merge"] = Merges, ["out"] = "tuned", ["epochs"] = Settings.Epochs, ["batch"] = Settings.Batch, ["lr"] = Settings.LearningRate,
        ["optimizer"] = Settings.Optimizer.ToString().ToLowerInvariant(), ["momentum"] = Settings.Momentum, ["weight_decay"] = Settings.WeightDecay, ["schedule"] = Settings.Schedule.ToString().ToLowerInvariant(), ["warmup"] = Settings.Warmup,
        ["label_smoothing"] = Settings.LabelSmoothing, ["clip"] = Settings.ClipNorm, ["patience"] = Settings.Patience, ["keep_last"] = !Settings.KeepsBest, ["seed"] = Settings.Seed,
        ["lora"] = Settings.Lora is { } lora ? new JsonObject { ["r"] = lora.Rank, ["alpha"] = lora.Alpha, ["dropout"] = lora.Dropout, ["targets"] = lora.Targets.Count > 0 ? new JsonArray([.. lora.Targets.Select(name => (JsonNode)name)]) : null } : null,
    };
}

/// <summary>
/// A folder from which one model is fine-tuned with PyTorch, transformers and PEFT in exact versions, on a machine of one's own, with Slurm or on Kubernetes. What
/// strangers wrote stands in task.json alone; nothing of it becomes text of a program.
/// </summary>
public static class TuningScripts
{
    static readonly JsonSerializerOptions s_pages = new() { WriteIndented = true };

    /// <param name="endpoint">The hub that model and data come from; null where they lie in folders.</param>
    /// <param name="folder">A new folder.</param>
    /// <returns>Paths of the files made, relative to the folder.</returns>
    /// <exception cref="TrainerException">An option is none of the scheduler's.</exception>
    public static Task<IReadOnlyList<string>> WriteAsync(TuningTask task, Uri? endpoint, string folder, ScriptSettings settings, CancellationToken stop)
    {
        var files = new List<PopulationFile>
        {
            Copy("tune.py"), Copy("train.py"), Copy("requirements-peft.txt", "requirements.txt"), Text("task.json", task.ToJson().ToJsonString(s_pages) + "\n"), Text("run.sh", Run(endpoint)),
        };
        if (settings.Host == ScriptHost.Slurm) files.Add(Text("submit.sh", Submit(settings)));
        if (settings.Host == ScriptHost.Kubernetes) files.Add(Text("job.yaml", Job(task, settings)));
        files.Add(Text("README.md", Readme(settings)));
        return WriteScriptsAsync(folder, files, stop);
    }

    static string Run(Uri? endpoint) => "#!/bin/sh\n# Goes on after the last finished epoch when it is run again.\ncd \"$(dirname \"$0\")\" || exit 1\n"
        + (endpoint is null ? "" : $"[ -n \"$HF_ENDPOINT\" ] || HF_ENDPOINT={Quote(endpoint.AbsoluteUri.TrimEnd('/'))}\nexport HF_ENDPOINT\n") + "exec python3 tune.py task.json\n";

    static string Submit(ScriptSettings settings) => $"""
        #!/bin/sh
        # One job; submitted again, it goes on where a time limit ended it.
        set -e
        cd "$(dirname "$0")"
        sbatch --parsable --job-name=zoo-finetune --output=finetune.log --open-mode=append --chdir="$PWD"{string.Concat(settings.Slurm.Options().Select(option => " " + Quote(option)))} --wrap='./run.sh'
        echo "submitted; squeue --me shows it, finetune.log what it says"

        """;

    static string Job(TuningTask task, ScriptSettings settings) => string.Create(CultureInfo.InvariantCulture, $$"""
        # kubectl apply -f job.yaml; the claim holds this folder.
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: {{Label(task.BaseName, "model")}}-finetune
          annotations:
            modelzoo/model: {{Json(task.BaseName)}}
            modelzoo/dataset: {{Json(task.Dataset)}}
        spec:
          completions: 1
          parallelism: 1
          backoffLimit: 6
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: trainer
                  image: {{Json(settings.Image)}}
                  command: ["/bin/sh", "-c", "{{Install}}exec /work/run.sh"]
                  {{(settings.Gpus > 0 ? $"resources: {{ limits: {{ nvidia.com/gpu: {settings.Gpus} }} }}" : "resources: { requests: { cpu: \"2\", memory: 8Gi } }")}}
                  env:
                    - name: HF_TOKEN
                      valueFrom:
                        secretKeyRef:
                          name: zoo-token
                          key: token
                          optional: true
                  volumeMounts:
                    - name: work
                      mountPath: /work
              volumes:
                - name: work
                  persistentVolumeClaim:
                    claimName: {{Json(settings.Claim)}}

        """);

    static string Readme(ScriptSettings settings) => $"""
        # A fine-tuning to run elsewhere

        `task.json` says which model, which data, at which commits, and how. `tune.py` does it; nothing of what `task.json` names is run.

        ```sh
        python3 -m venv .venv && . .venv/bin/activate
        pip install -r requirements.txt
        {settings.Host switch { ScriptHost.Slurm => "./submit.sh", ScriptHost.Kubernetes => "kubectl apply -f job.yaml      # after the claim holds this folder", _ => "./run.sh" }}
        ```

        A state is kept after every epoch, and the same command goes on after it. What is private on the hub needs its token: `HF_TOKEN`. The result is the folder `tuned`, with card and `training.json`:

        ```sh
        zoo push tuned OWNER/NAME
        ```

        """;
}

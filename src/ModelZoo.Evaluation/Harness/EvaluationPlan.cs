using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>One model, one or more tasks, and where everything lies: all that a run needs. Exactly one of <see cref="ModelFolder"/> and <see cref="Endpoint"/> is set.</summary>
public sealed record EvaluationPlan
{
    public required IReadOnlyList<TaskDefinition> Tasks { get; init; }

    /// <summary>The group whose members the tasks are, for its aggregates.</summary>
    public TaskGroup? Group { get; init; }

    /// <summary>A model's files in a local folder.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>LoRA adapters that are put on the model of <see cref="ModelFolder"/>.</summary>
    public IReadOnlyList<string> AdapterFolders { get; init; } = [];

    /// <summary>A model behind an address.</summary>
    public EndpointSettings? Endpoint { get; init; }

    /// <summary>What is known of where the model comes from: its repository and commit. The digest of its files is computed here.</summary>
    public ModelIdentity? Model { get; init; }

    /// <summary>Datasets by the task's <c>dataset_path</c>.</summary>
    public IReadOnlyDictionary<string, DatasetSource> Datasets { get; init; } = new Dictionary<string, DatasetSource>();

    /// <summary>The dataset of tasks whose path is not among <see cref="Datasets"/>.</summary>
    public DatasetSource? Dataset { get; init; }

    /// <summary>Made when it is not there. A run that was interrupted goes on where it stopped when it is called again with the same folder.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>Only the first so many documents of each task; such scores are not ranked.</summary>
    public int? Limit { get; init; }

    /// <summary>Null: as the model likes it.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Batches asked at once: threads of a model in this process, connections to an endpoint. Answers do not depend on it. Null: one, or what the endpoint's settings say.</summary>
    public int? Concurrency { get; init; }

    public int Seed { get; init; } = 1234;

    public PromptSettings Prompts { get; init; } = new();

    /// <summary>SHA-256 of the chat template that <see cref="PromptSettings.Chat"/> renders; null: none.</summary>
    public string? ChatTemplateDigest { get; init; }

    /// <summary>Resamples for metrics whose error has no formula.</summary>
    public int BootstrapIterations { get; init; } = 1000;

    /// <summary>Longest that one batch may take, against models that never end.</summary>
    public TimeSpan BatchTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Runs programs that models write (HumanEval). Null: they are stored and not run.</summary>
    public ProgramSandbox? Programs { get; init; }

    public DataLimits DataLimits { get; init; } = DataLimits.Default;
}

/// <param name="Revision">A commit id.</param>
public sealed record DatasetSource(string Folder, string? Repo = null, string? Revision = null);

/// <param name="Total">Null: not known.</param>
public sealed record EvaluationProgress(string Task, int Done, int? Total, int Errors);

/// <summary>What a run left behind.</summary>
/// <param name="ResultsPath">Results in the format of lm-evaluation-harness.</param>
/// <param name="ScoresPath">The score records as a JSON list.</param>
public sealed record EvaluationOutcome(IReadOnlyList<ScoreRecord> Scores, IReadOnlyList<TaskOutcome> Tasks, string ResultsPath, string ScoresPath);

/// <param name="SamplesPath">Null for tasks without samples (performance).</param>
/// <param name="Resumed">Samples that an earlier, interrupted run had answered.</param>
public sealed record TaskOutcome(TaskDefinition Task, string? SamplesPath, int Samples, int Errors, int Resumed, IReadOnlyList<ScoreRecord> Scores)
{
    /// <summary>lm-evaluation-harness's <c>task_hashes</c>: SHA-256 over the hashes of documents, prompts and targets.</summary>
    public string? Hash { get; init; }
}

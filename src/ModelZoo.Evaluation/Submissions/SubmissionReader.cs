using System.Text.Json;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>
/// Reads results made elsewhere. Formats are recognised by content. A harness's file with a wrong value is refused as a whole; of metadata that people write by
/// hand the wrong entries are left out and reported.
/// </summary>
public static class SubmissionReader
{
    /// <summary>Most files of one submission.</summary>
    public const int MaxFiles = 1000;

    /// <exception cref="EvaluationException">A file is refused; the message names it, and its line where it has lines.</exception>
    public static ImportedScores Read(IReadOnlyList<SubmissionFile> files, SubmissionOptions options, CancellationToken stop = default)
    {
        if (files.Count == 0) throw new EvaluationException("There are no files.");
        if (files.Count > MaxFiles) throw new EvaluationException($"There are {files.Count} files; at most {MaxFiles} are read together.");
        var collected = new Collected(options);
        var later = new List<(SubmissionFile File, SubmissionKind Kind)>();
        foreach (var file in files)
        {
            stop.ThrowIfCancellationRequested();
            var kind = Guarded(file, () => Recognition.Of(file, options));
            // Companions first: a run's description, the labels of an accuracy log.
            switch (kind)
            {
                case SubmissionKind.HelmRunSpec: collected.RunSpecs[Folder(file)] = Guarded(file, () => HelmReader.ReadSpec(file, options)); break;
                case SubmissionKind.LabelMap: collected.Labels = MlPerfReader.ReadLabels(file, options); break;
                default: later.Add((file, kind)); break;
            }
        }
        foreach (var (file, kind) in later)
        {
            stop.ThrowIfCancellationRequested();
            Guarded(file, () =>
            {
                ReadOne(file, kind, collected, stop);
                return kind;
            });
        }
        if (later.Count == 0) throw new EvaluationException($"{files[0].Path}: this describes results and holds none.");
        return Joined.Of(collected);
    }

    static void ReadOne(SubmissionFile file, SubmissionKind kind, Collected into, CancellationToken stop)
    {
        switch (kind)
        {
            case SubmissionKind.LmEvalResults: LmEvalReader.Read(file, into); break;
            case SubmissionKind.LmEvalSamples: LmEvalSamples.Read(file, into, stop); break;
            case SubmissionKind.Lighteval: LightevalReader.Read(file, into); break;
            case SubmissionKind.HelmStats: HelmReader.Read(file, into.RunSpecs.GetValueOrDefault(Folder(file)), into); break;
            case SubmissionKind.OpenCompassSummary: OpenCompassReader.ReadSummary(file, into); break;
            case SubmissionKind.OpenCompassResult: OpenCompassReader.ReadResult(file, into); break;
            case SubmissionKind.MlPerfSummary: MlPerfReader.ReadSummary(file, into); break;
            case SubmissionKind.MlPerfAccuracy: MlPerfReader.ReadAccuracy(file, into); break;
            case SubmissionKind.MlPerfDetail: into.Note(file, null, "The detailed log is kept; the summary and the accuracy log hold the results."); break;
            case SubmissionKind.ModelIndex: ModelIndexReader.Read(file, into); break;
            case SubmissionKind.EvalResults: EvalResultsReader.Read(file, into); break;
            case SubmissionKind.CodeSamples: CodeSamples.Read(file, into, stop); break;
            case SubmissionKind.ModelTable: ModelTableReader.Read(file, into, stop); break;
            case SubmissionKind.Predictions: throw new EvaluationException($"{file.Path}: this file holds predictions; they are scored against labels, for one task.");
            default: throw new EvaluationException($"{file.Path}: nothing in this file looks like results of a known harness.");
        }
    }

    /// <summary>JSON may hold half of a letter written in two parts; whoever reads it as text is told only then.</summary>
    internal static T Guarded<T>(SubmissionFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException broken)
        {
            throw SubmissionJson.Refusal(file, broken);
        }
        catch (InvalidOperationException broken)
        {
            throw new EvaluationException($"{file.Path}: a text is not valid Unicode.", broken);
        }
    }

    static string Folder(SubmissionFile file) => file.Path[..Math.Max(0, file.Path.LastIndexOf('/'))];
}

/// <summary>What readers hand over.</summary>
sealed class Collected(SubmissionOptions options)
{
    public SubmissionOptions Options => options;
    public List<string> Formats { get; } = [];
    public List<ImportedScore> Scores { get; } = [];
    public List<ImportedSample> Samples { get; } = [];
    public List<SubmissionFinding> Findings { get; } = [];
    public Dictionary<string, HelmRun> RunSpecs { get; } = new(StringComparer.Ordinal);
    public IReadOnlyList<int>? Labels { get; set; } = options.Labels;

    public void Format(string name)
    {
        if (!Formats.Contains(name)) Formats.Add(name);
    }

    public void Note(SubmissionFile file, int? line, string message, bool isError = false)
    {
        // A hostile file could give a finding for each of a million lines.
        if (Findings.Count < 1000) Findings.Add(new(file.Path, line, message, isError));
    }

    public void Add(SubmissionFile file, ImportedSample sample)
    {
        if (Samples.Count >= options.MaxSamples) throw new EvaluationException($"{file.Path}: there are more than {options.MaxSamples} samples.");
        Samples.Add(sample);
    }
}

using System.Diagnostics;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>
/// One task: documents are read in stretches of a fixed length; each is worded, asked in batches, judged and written sample by sample. How a stretch is cut into
/// batches depends on its documents alone, so a run that was interrupted asks the same batches again and gets the same bits.
/// </summary>
sealed class TaskRun(EvaluationPlan plan, TaskDefinition task, IModelAdapter model, ModelIdentity identity, IProgress<EvaluationProgress>? progress)
{
    /// <summary>More errors than this fail the run (evaluation.md, b.3).</summary>
    const double MaxErrorShare = 0.01;

    const int TextStretch = 1024, PictureBatches = 4;

    readonly List<DoneSample> _done = [];
    readonly Lock _gate = new();
    readonly IReadOnlyList<string> _filters = [.. task.Filters.Select(filter => filter.Name)];
    readonly IReadOnlyList<IMetric> _metrics = TaskMetrics.Of(task);
    int _errors, _resumed;
    string? _firstError;

    public async Task<TaskOutcome> RunAsync(CancellationToken stop)
    {
        var (started, clock) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (task.Zoo.Limits?.Seconds is { } seconds) limited.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            return await RunAsync(started, clock, limited.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new EvaluationException($"'{task.Name}' took longer than the {task.Zoo.Limits?.Seconds} s that the task allows. What was answered is kept.");
        }
    }

    async Task<TaskOutcome> RunAsync(DateTimeOffset started, Stopwatch clock, CancellationToken stop)
    {
        var folder = TaskSplits.Open(plan, task, out var source);
        var split = TaskSplits.Get(folder, task, task.EvaluatedSplit ?? throw new EvaluationException($"The task '{task.Name}' names no split to measure."));
        var examples = PromptBuilder.FindExampleSplit(task, plan.Prompts) is { } name ? TaskSplits.Get(folder, task, name).Read(stop).ToList() : null;
        var builder = new PromptBuilder(task, plan.Prompts, examples);
        var dataset = new DatasetIdentity(source.Repo, source.Revision, task.DatasetName, split.Name, await split.DigestAsync(stop), null, null);
        var size = plan.BatchSize ?? model.BatchSize;
        if (size < 1) throw new EvaluationException($"Batches of {size} cannot be.");
        var facts = new RunIdentity(plan, task, model, identity, dataset, size);
        using var journal = SampleJournal.Open(plan.OutputFolder, task.Name, facts.Header, _filters);
        var completion = await Completion.MakeAsync(plan, task, builder, folder, model, size, stop);
        var lines = new SampleLines(task, _metrics);

        var (count, isAll) = (0, true);
        foreach (var stretch in Stretches(split, size, stop))
        {
            var samples = stretch.Select(document => Word(builder, document)).ToList();
            foreach (var sample in samples)
                if (journal.Kept.Remove(sample.Document.Index, out var kept) && sample.TryKeep(kept, Math.Max(1, task.Repeats))) _resumed++;
            await AskAsync(samples, size, journal, lines, completion, stop);
            count += samples.Count;
            RequireFew(count, isEnd: false);
            if (count == plan.Limit)
            {
                isAll = false;
                break;
            }
        }
        if (count == 0) throw new EvaluationException($"The split '{split.Name}' is empty.");
        RequireFew(count, isEnd: true);
        await journal.CompleteAsync(stop);
        _done.Sort((a, b) => a.Index.CompareTo(b.Index));
        dataset = dataset with { NEffective = count, NOriginal = isAll ? count : Count(split, stop) };
        var digest = await FileDigests.OfFileAsync(journal.Path, stop);
        var scores = new TaskScores(plan, task, _metrics, _done).Of(facts with { Dataset = dataset },
            new(started, clock.Elapsed.TotalSeconds, Machine.Processor, plan.Seed), new(Path.GetFileName(journal.Path), digest));
        return new(task, journal.Path, count, _errors, _resumed, scores) { Hash = JsonText.HashOf(string.Concat(_done.Select(sample => sample.Hashes))) };
    }

    IEnumerable<Document[]> Stretches(DatasetSplit split, int size, CancellationToken stop)
    {
        var documents = split.Read(stop);
        if (plan.Limit is { } limit) documents = documents.Take(limit);
        // Pictures are large and of one length: few at a time. Texts are sorted by length, which needs many.
        return documents.Chunk(task.OutputType == OutputType.Detection || task.Zoo.Input?.Kind is "image" or "tensor" or "audio" ? size * PictureBatches : Math.Max(TextStretch, size));
    }

    static Sample Word(PromptBuilder builder, Document document)
    {
        try
        {
            return new(document, builder.Build(document), null);
        }
        catch (EvaluationException e)
        {
            return new(document, null, e.Message);
        }
    }

    async Task AskAsync(List<Sample> samples, int size, SampleJournal journal, SampleLines lines, Completion? completion, CancellationToken stop)
    {
        var questions = Batches.Collect(samples);
        foreach (var sample in samples)
            if (sample.Pending == 0) await FinishAsync(sample, journal, lines, completion, stop);
        if (questions.Exists(question => question.IsOpen)) await model.PrepareAsync([.. questions.Select(question => question.Request)], stop);
        var batches = Batches.Of(questions, size).Where(batch => batch.Any(question => question.IsOpen));
        var concurrency = plan.Concurrency ?? model.Concurrency;
        if (concurrency > 1) await Parallel.ForEachAsync(batches, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = stop }, async (batch, inner) => await AskAsync(batch, journal, lines, completion, inner));
        else
            foreach (var batch in batches) await AskAsync(batch, journal, lines, completion, stop);
        journal.Flush();
        progress?.Report(new(task.Name, _done.Count, plan.Limit, _errors));
    }

    async Task AskAsync(Question[] batch, SampleJournal journal, SampleLines lines, Completion? completion, CancellationToken stop)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timed.CancelAfter(plan.BatchTimeout);
        IReadOnlyList<Requests.ModelAnswer> answers;
        try
        {
            answers = await model.AskAsync([.. batch.Select(question => question.Request)], timed.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new EvaluationException($"The model did not answer {batch.Length} requests of '{task.Name}' within {plan.BatchTimeout.TotalSeconds:0.#} s.");
        }
        if (answers.Count != batch.Length) throw new EvaluationException($"The model gave {answers.Count} answers to {batch.Length} requests.");
        var ready = new List<Sample>();
        lock (_gate)
        {
            for (var i = 0; i < batch.Length; i++)
            {
                foreach (var (sample, index) in batch[i].Users)
                {
                    if (sample.Pending == 0) continue;
                    sample.Answers[index] = answers[i];
                    if (--sample.Pending == 0) ready.Add(sample);
                }
            }
        }
        foreach (var sample in ready) await FinishAsync(sample, journal, lines, completion, stop);
        lock (_gate) journal.Flush();
        progress?.Report(new(task.Name, _done.Count, plan.Limit, _errors));
    }

    /// <summary>Judges a sample that is answered, and writes its record.</summary>
    async Task FinishAsync(Sample sample, SampleJournal journal, SampleLines lines, Completion? completion, CancellationToken stop)
    {
        IReadOnlyList<JudgedSample>? judged = null;
        var values = new double?[_filters.Count][];
        Array.Fill(values, new double?[_metrics.Count]);
        sample.Error ??= sample.Answers.OfType<Requests.FailedAnswer>().FirstOrDefault()?.Reason;
        if (sample.Error is null)
        {
            try
            {
                judged = sample.Prompt!.Judge(sample.Answers!);
                judged = [.. judged.Select(Fair)];
                if (completion is not null) judged = await completion.CompleteAsync(sample.Prompt, sample.Answers!, judged, stop);
                values = [.. judged.Select(one => _metrics.Select(metric => one.Outcome is { } outcome ? metric.Score(outcome) : null).ToArray())];
            }
            catch (EvaluationException e)
            {
                (judged, sample.Error) = (null, e.Message);
            }
        }
        lock (_gate)
        {
            if (sample.Error is not null)
            {
                _errors++;
                _firstError ??= $"{sample.Document.Id}: {sample.Error}";
                // An error counts as wrong.
                values = [.. _filters.Select(_ => _metrics.Select(metric => metric.Range is { } range ? (double?)(metric.HigherIsBetter ? range.Least : range.Most) : null).ToArray())];
            }
            var written = lines.Write(sample, judged, values, _filters, out var hashes);
            if (!sample.IsKept) journal.Append(sample.Document.Index, written);
            _done.Add(new(sample.Document.Index, Subgroups.Of(task, sample), judged?.Select(one => one.Outcome).ToList() ?? [.. new Outcome?[_filters.Count]], sample.Error is not null, hashes));
        }
    }

    /// <summary>Where no choice was found at all the first of equals must not win by chance: it is wrong.</summary>
    static JudgedSample Fair(JudgedSample judged) => judged.Outcome is ChoiceOutcome choice && choice.LogLikelihoods.All(double.IsNegativeInfinity) ? judged with { Outcome = choice with { LogLikelihoods = new double[choice.LogLikelihoods.Count], Golds = [] } } : judged;

    void RequireFew(int count, bool isEnd)
    {
        if (isEnd ? _errors > MaxErrorShare * count : count >= TextStretch / 4 && _errors > count / 2)
            throw new EvaluationException($"{_errors} of {count} samples of '{task.Name}' are errors; at most {MaxErrorShare:P0} may be. The first: {_firstError}");
    }

    /// <summary>How many rows there are, where that is cheap to know.</summary>
    static int? Count(DatasetSplit split, CancellationToken stop) => split.Format is DataFormat.Images or DataFormat.Npz or DataFormat.Idx ? null : split.Read(stop).Count();
}

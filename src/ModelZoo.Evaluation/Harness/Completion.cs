using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Judges what a document alone does not allow to judge: against a collection, with a trained probe, by running a program.</summary>
abstract class Completion
{
    /// <summary>Null: the task needs none.</summary>
    public static async Task<Completion?> MakeAsync(EvaluationPlan plan, TaskDefinition task, PromptBuilder builder, DatasetFolder folder, IModelAdapter model, int size, CancellationToken stop)
    {
        if (task.Zoo.Retrieval is { } fields) return await Retrieval.MakeAsync(task, fields, folder, model, size, stop);
        if (task.Zoo.Probe is { } probe) return await ProbeJudge.MakeAsync(plan, task, probe, builder, folder, model, size, stop);
        return task.Zoo.Program is { } program && plan.Programs is { } sandbox ? throw new EvaluationException($"{program} {sandbox}") : null;
    }

    public abstract Task<IReadOnlyList<JudgedSample>> CompleteAsync(Prompt prompt, IReadOnlyList<ModelAnswer> answers, IReadOnlyList<JudgedSample> judged, CancellationToken stop);

    /// <summary>Vectors of texts, each of length one.</summary>
    protected static async Task<List<float[]>> EmbedAsync(IReadOnlyList<ModelRequest> requests, IModelAdapter model, int size, CancellationToken stop)
    {
        var vectors = new List<float[]>(requests.Count);
        foreach (var batch in requests.Chunk(size))
            foreach (var answer in await model.AskAsync(batch, stop)) vectors.Add(Unit(answer));
        return vectors;
    }

    protected static float[] Unit(ModelAnswer answer)
    {
        if (answer is FailedAnswer failed) throw new EvaluationException(failed.Reason);
        if (answer is not VectorAnswer vector) throw new EvaluationException("A vector was asked for.");
        var values = vector.Values.ToArray();
        var length = Math.Sqrt(values.Sum(x => (double)x * x));
        if (!double.IsFinite(length)) throw new EvaluationException("The vector is not finite.");
        for (var i = 0; i < values.Length && length > 0; i++) values[i] = (float)(values[i] / length);
        return values;
    }

    protected static string IdOf(Document document, string column) =>
        document.Fields.TryGetValue(column, out var value) && value is not null ? PlainValues.Word(value) : throw new EvaluationException($"Row {document.Index} has no '{column}'.");
}

/// <summary>Ranks a collection for each query by the cosine of vectors; equals in the order of their ids.</summary>
sealed class Retrieval : Completion
{
    /// <summary>How far down a ranking is kept.</summary>
    const int Depth = 1000;

    readonly string[] _ids;
    readonly List<float[]> _vectors;
    readonly Dictionary<string, Dictionary<string, double>> _judgements;
    readonly RetrievalFields _fields;

    Retrieval(string[] ids, List<float[]> vectors, Dictionary<string, Dictionary<string, double>> judgements, RetrievalFields fields) => (_ids, _vectors, _judgements, _fields) = (ids, vectors, judgements, fields);

    public static async Task<Retrieval> MakeAsync(TaskDefinition task, RetrievalFields fields, DatasetFolder folder, IModelAdapter model, int size, CancellationToken stop)
    {
        var documents = TaskSplits.Get(folder, task, fields.Corpus).Read(stop).OrderBy(document => IdOf(document, fields.CorpusId), StringComparer.Ordinal).ToList();
        var texts = documents.ConvertAll(document => (ModelRequest)new EmbeddingRequest(new TextInput(string.Join(' ', fields.CorpusText.Select(column => document.Fields.GetValueOrDefault(column) is { } value ? PlainValues.Word(value) : "").Where(text => text.Length > 0)))));
        var judgements = new Dictionary<string, Dictionary<string, double>>(StringComparer.Ordinal);
        foreach (var row in TaskSplits.Get(folder, task, fields.Judgements).Read(stop))
        {
            var score = row.Fields.GetValueOrDefault(fields.JudgementScore) switch { long whole => whole, double real => real, bool flag => flag ? 1 : 0, null => 1, var other => throw new EvaluationException($"A judgement is '{other}', which is no number.") };
            var query = IdOf(row, fields.JudgementQuery);
            if (!judgements.TryGetValue(query, out var own)) judgements[query] = own = new(StringComparer.Ordinal);
            own[IdOf(row, fields.JudgementDocument)] = score;
        }
        return new([.. documents.Select(document => IdOf(document, fields.CorpusId))], await EmbedAsync(texts, model, size, stop), judgements, fields);
    }

    public override Task<IReadOnlyList<JudgedSample>> CompleteAsync(Prompt prompt, IReadOnlyList<ModelAnswer> answers, IReadOnlyList<JudgedSample> judged, CancellationToken stop)
    {
        var query = Unit(answers[0]);
        var scores = _vectors.ConvertAll(vector => VectorMath.Dot(query, vector));
        // The collection lies in the order of its ids, and the sort keeps it among equals.
        var best = Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).Take(Depth).ToList();
        var relevant = _judgements.GetValueOrDefault(IdOf(prompt.Document, _fields.QueryId)) ?? [];
        var outcome = new RankingOutcome([.. best.Select(i => relevant.GetValueOrDefault(_ids[i]))], relevant.Count(pair => pair.Value > 0), [.. relevant.Values.Where(score => score > 0).OrderDescending()]);
        return Task.FromResult<IReadOnlyList<JudgedSample>>([.. judged.Select(one => one with { Response = best.Take(10).Select(i => (object?)_ids[i]).ToList(), Outcome = outcome })]);
    }
}

using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Classifies frozen vectors: by the nearest of the training split, or by logistic regression (evaluation.md, b.6).</summary>
sealed class ProbeJudge : Completion
{
    /// <summary>MTEB's number of neighbours.</summary>
    const int Neighbours = 5;

    readonly List<float[]> _vectors;
    readonly int[] _labels;
    readonly List<string> _classes;
    readonly LogisticRegression? _regression;

    ProbeJudge(List<float[]> vectors, int[] labels, List<string> classes, LogisticRegression? regression) => (_vectors, _labels, _classes, _regression) = (vectors, labels, classes, regression);

    public static async Task<ProbeJudge> MakeAsync(EvaluationPlan plan, TaskDefinition task, string kind, PromptBuilder builder, DatasetFolder folder, IModelAdapter model, int size, CancellationToken stop)
    {
        var split = task.TrainingSplit ?? throw new EvaluationException($"The task '{task.Name}' trains a probe and names no training split.");
        var prompts = TaskSplits.Get(folder, task, split).Read(stop).Select(builder.Build).ToList();
        if (prompts.Count == 0) throw new EvaluationException($"The split '{split}' is empty.");
        var vectors = await EmbedAsync([.. prompts.Select(prompt => prompt.Requests[0])], model, size, stop);
        var names = prompts.Select(prompt => PlainValues.Word(prompt.Target)).ToList();
        var classes = task.Zoo.LabelNames.Count > 0 && prompts[0].Target is long ? Enumerable.Range(0, task.Zoo.LabelNames.Count).Select(i => $"{i}").ToList()
            : task.Zoo.LabelNames.Count > 0 ? [.. task.Zoo.LabelNames] : names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var labels = names.Select(name => classes.IndexOf(name) is >= 0 and var index ? index : throw new EvaluationException($"'{name}' is not among the classes.")).ToArray();
        return new(vectors, labels, classes, kind == "logistic" ? LogisticRegression.Train(vectors, labels, classes.Count, stop) : kind == "knn" ? null : throw new EvaluationException($"There is no probe '{kind}'; there are knn and logistic."));
    }

    public override Task<IReadOnlyList<JudgedSample>> CompleteAsync(Prompt prompt, IReadOnlyList<ModelAnswer> answers, IReadOnlyList<JudgedSample> judged, CancellationToken stop)
    {
        var vector = Unit(answers[0]);
        var probabilities = _regression?.Predict(vector) ?? Nearest(vector);
        var label = _classes.IndexOf(PlainValues.Word(prompt.Target));
        if (label < 0) throw new EvaluationException($"'{prompt.Target}' is not among the classes of the training split.");
        var best = Array.IndexOf(probabilities, probabilities.Max());
        return Task.FromResult<IReadOnlyList<JudgedSample>>([.. judged.Select(one => one with { Response = _classes[best], Outcome = new ClassOutcome(probabilities, label) })]);
    }

    double[] Nearest(float[] vector)
    {
        var votes = new double[_classes.Count];
        var nearest = _vectors.Select((other, i) => (Score: VectorMath.Dot(vector, other), Index: i)).OrderByDescending(pair => pair.Score).ThenBy(pair => pair.Index).Take(Neighbours).ToList();
        foreach (var (_, index) in nearest) votes[_labels[index]] += 1.0 / nearest.Count;
        // Of classes with as many votes the nearest neighbour's wins.
        votes[_labels[nearest[0].Index]] += 1e-9;
        return [.. votes.Select(vote => vote / (1 + 1e-9))];
    }
}

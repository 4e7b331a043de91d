using System.Globalization;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>Answers read out of outcomes, with the refusals that all metrics share.</summary>
static class Outcomes
{
    public static T As<T>(Outcome outcome, string metric) where T : Outcome => outcome as T ?? throw Unfit(outcome, metric);

    public static EvaluationException Unfit(Outcome outcome, string metric) =>
        new($"The metric '{metric}' cannot judge {outcome switch
        {
            ChoiceOutcome => "choices",
            LikelihoodOutcome => "single likelihoods",
            RollingOutcome => "whole texts",
            TextOutcome => "generated texts",
            ClassOutcome => "class scores",
            LabelOutcome => "classes",
            NumberOutcome => "numbers",
            RankingOutcome => "rankings",
            DetectionOutcome => "boxes",
            TagOutcome => "tags",
            TriesOutcome => "tries",
            _ => "such outcomes",
        }}.");

    /// <summary>Index of the first maximum; -1 when there is none because nothing was answered.</summary>
    public static int ArgMax(ReadOnlySpan<double> values)
    {
        var best = -1;
        for (var i = 0; i < values.Length; i++)
            if (best < 0 || values[i] > values[best]) best = i;
        return best;
    }

    /// <summary>Log-likelihoods as given. Minus infinity is a choice that the model cannot say; all of them at once say nothing.</summary>
    public static double[] Likelihoods(ChoiceOutcome outcome, string metric)
    {
        var values = new double[outcome.LogLikelihoods.Count];
        var any = values.Length == 0;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = outcome.LogLikelihoods[i];
            if (double.IsNaN(values[i]) || double.IsPositiveInfinity(values[i])) throw new EvaluationException($"'{metric}': the likelihood of choice {i} is not a number.");
            any |= double.IsFinite(values[i]);
        }
        if (!any) throw new EvaluationException($"'{metric}': no choice has a likelihood.");
        if (values.Length > 0 && outcome.Choices.Count > 0 && outcome.Choices.Count != values.Length) throw new EvaluationException($"'{metric}': {values.Length} likelihoods for {outcome.Choices.Count} choices.");
        return values;
    }

    public static double[] Softmax(double[] logs)
    {
        if (logs.Length == 0) return [];
        var (most, sum) = (logs.Max(), 0.0);
        var shares = new double[logs.Length];
        for (var i = 0; i < logs.Length; i++) sum += shares[i] = Math.Exp(logs[i] - most);
        for (var i = 0; i < logs.Length; i++) shares[i] /= sum;
        return shares;
    }

    /// <summary>Scores of all classes and the right one: of a classifier, or of choices by softmax. No scores: no answer.</summary>
    public static (double[] Scores, int Label) Classes(Outcome outcome, string metric)
    {
        if (outcome is ChoiceOutcome choice) return (Softmax(Likelihoods(choice, metric)), Gold(choice));
        var judged = As<ClassOutcome>(outcome, metric);
        var scores = judged.Probabilities as double[] ?? [.. judged.Probabilities];
        foreach (var score in scores)
            if (!double.IsFinite(score)) throw new EvaluationException($"'{metric}': a class score is not a finite number.");
        if (judged.Label < 0 || (scores.Length > 0 && judged.Label >= scores.Length)) throw new EvaluationException($"'{metric}': the label {judged.Label} is none of {scores.Length} classes.");
        return (scores, judged.Label);
    }

    /// <summary>The right class beside the predicted one; -1 where there is none.</summary>
    public static (int Label, int Prediction) Pair(Outcome outcome, string metric) => outcome switch
    {
        LabelOutcome label => (label.Label, label.Prediction),
        ClassOutcome => Classes(outcome, metric) is var (scores, label) ? (label, ArgMax(scores)) : default,
        ChoiceOutcome choice => (Gold(choice), ArgMax(Likelihoods(choice, metric))),
        _ => throw Unfit(outcome, metric),
    };

    /// <summary>The answer as text; null where none came.</summary>
    public static string? Text(TextOutcome outcome, string metric) => outcome.Prediction switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "True" : "False",
        long or int or double => Convert.ToString(outcome.Prediction, CultureInfo.InvariantCulture),
        IReadOnlyList<object?> { Count: 1 } one => Text(outcome with { Prediction = one[0] }, metric),
        IReadOnlyList<string> { Count: 1 } one => one[0],
        _ => throw new EvaluationException($"'{metric}' judges one text for each sample; let the filters end with take_first."),
    };

    /// <summary>An answer beside its references, of which there must be one.</summary>
    public static (string? Prediction, IReadOnlyList<string> References) Texts(Outcome outcome, string metric)
    {
        var text = As<TextOutcome>(outcome, metric);
        if (text.References.Count == 0) throw new EvaluationException($"'{metric}': a sample has no reference.");
        return (Text(text, metric), text.References);
    }

    static int Gold(ChoiceOutcome choice)
    {
        foreach (var gold in choice.Golds)
            if (gold >= 0 && gold < Math.Max(choice.Choices.Count, choice.LogLikelihoods.Count)) return gold;
        return -1;
    }
}

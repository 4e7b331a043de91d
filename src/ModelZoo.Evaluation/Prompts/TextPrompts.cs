using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Filters;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>Checks answers before they are judged.</summary>
static class Answers
{
    public static T Get<T>(IReadOnlyList<ModelAnswer> answers, int place) where T : ModelAnswer =>
        place >= answers.Count ? throw new EvaluationException($"Answer {place} is missing.")
        : answers[place] as T ?? throw new EvaluationException($"Answer {place} is {answers[place].GetType().Name}, and {typeof(T).Name} was asked for.");

    public static double Finite(double value, string what) => double.IsFinite(value) ? value : throw new EvaluationException($"The model gave {value} as {what}.");
}

/// <summary>Which of several texts is likeliest?</summary>
sealed class ChoicePrompt(TaskDefinition task, Document document, IReadOnlyList<ModelRequest> requests, object? target, IReadOnlyList<string> choices, IReadOnlyList<int> golds, bool isMutual)
    : Prompt(task, document, requests, target)
{
    public IReadOnlyList<int> Golds => golds;

    public override IReadOnlyList<JudgedSample> Judge(IReadOnlyList<ModelAnswer> answers)
    {
        var given = Enumerable.Range(0, Requests.Count).Select(place => Answers.Get<LikelihoodAnswer>(answers, place)).ToList();
        // A choice that a server does not list has no likelihood at all; that is a loss, not an error.
        var values = given.Select(answer => double.IsNegativeInfinity(answer.LogLikelihood) ? answer.LogLikelihood : Answers.Finite(answer.LogLikelihood, "a log-likelihood")).ToList();
        var response = given.Select(object? (answer) => new List<object?> { answer.LogLikelihood, answer.IsGreedy }).ToList();
        return Same(response, new ChoiceOutcome(values[..choices.Count], isMutual ? values[choices.Count..] : null, choices, golds));
    }
}

/// <summary>How likely is the right continuation?</summary>
sealed class LikelihoodPrompt(TaskDefinition task, Document document, IReadOnlyList<ModelRequest> requests, string target) : Prompt(task, document, requests, target)
{
    public override IReadOnlyList<JudgedSample> Judge(IReadOnlyList<ModelAnswer> answers)
    {
        var answer = Answers.Get<LikelihoodAnswer>(answers, 0);
        return Same(new List<object?> { answer.LogLikelihood, answer.IsGreedy }, new LikelihoodOutcome(Answers.Finite(answer.LogLikelihood, "a log-likelihood"), answer.IsGreedy));
    }
}

/// <summary>How likely is a whole text?</summary>
/// <param name="counted">The text whose words and bytes count.</param>
sealed class RollingPrompt(TaskDefinition task, Document document, IReadOnlyList<ModelRequest> requests, string text, string counted) : Prompt(task, document, requests, text)
{
    public override IReadOnlyList<JudgedSample> Judge(IReadOnlyList<ModelAnswer> answers)
    {
        var answer = Answers.Get<RollingAnswer>(answers, 0);
        return Same(answer.LogLikelihood, new RollingOutcome(Answers.Finite(answer.LogLikelihood, "a log-likelihood"), System.Text.Encoding.UTF8.GetByteCount(counted), Words(counted), answer.Tokens));
    }

    /// <summary>Pieces between runs of white space, those before the first and behind the last too, though they may be empty.</summary>
    static long Words(string text)
    {
        long words = 1;
        for (var at = 0; at < text.Length; at++)
            if (PythonString.IsSpace(text[at]) && (at == 0 || !PythonString.IsSpace(text[at - 1]))) words++;
        return words;
    }
}

/// <summary>What does the model write?</summary>
sealed class GenerationPrompt(TaskDefinition task, Document document, IReadOnlyList<ModelRequest> requests, object? target, IReadOnlyList<string> references, IReadOnlyList<FilterPipeline> filters)
    : Prompt(task, document, requests, target)
{
    public override IReadOnlyList<JudgedSample> Judge(IReadOnlyList<ModelAnswer> answers)
    {
        var texts = Enumerable.Range(0, Requests.Count).Select(place => Answers.Get<TextAnswer>(answers, place).Text).ToList();
        return [.. filters.Select(filter =>
        {
            var response = filter.Apply(texts, Document);
            // Programs are judged by running them, which needs more than this text.
            return new JudgedSample(filter.Name, response, Task.Zoo.Program is null ? new TextOutcome(response, references) : null);
        })];
    }
}

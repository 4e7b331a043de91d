using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference;
using ModelZoo.Inference.Patterns;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Filters;

/// <summary>
/// Steps that turn the answers to one document into what is judged, as lm-evaluation-harness's filters do (its folder filters). Regular expressions are
/// Python's, on an engine that refuses those that explode. Safe to use from several threads.
/// </summary>
public sealed class FilterPipeline
{
    /// <summary>What a regular expression that finds nothing gives.</summary>
    public const string Invalid = "[invalid]";

    delegate IReadOnlyList<object?> Step(IReadOnlyList<object?> answers, Document document);

    readonly List<Step> _steps = [];
    readonly bool _takesFirst;

    /// <exception cref="EvaluationException">A step is not known, or its options are wrong; the message names it.</exception>
    public FilterPipeline(FilterDefinition definition)
    {
        Name = definition.Name;
        foreach (var step in definition.Steps)
        {
            if (_takesFirst) throw new EvaluationException($"the filter '{step.Function}' stands behind take_first, where there is one answer and no list.");
            try
            {
                if (step.Function == "take_first") _takesFirst = true;
                else _steps.Add(Make(step));
            }
            catch (InferenceException e)
            {
                throw new EvaluationException($"the filter '{step.Function}': {e.Message}", e);
            }
        }
    }

    public string Name { get; }

    /// <param name="answers">All tries at one document, in order.</param>
    /// <returns>One value (a text, or what a mapping gives) where the pipeline takes the first, else a list.</returns>
    /// <exception cref="EvaluationException">An expression explodes on an answer, or there are too few answers.</exception>
    public object? Apply(IReadOnlyList<string> answers, Document document)
    {
        IReadOnlyList<object?> current = [.. answers];
        try
        {
            foreach (var step in _steps) current = step(current, document);
        }
        catch (InferenceException e)
        {
            throw new EvaluationException($"The filter '{Name}': {e.Message}", e);
        }
        if (!_takesFirst) return current;
        return current.Count > 0 ? current[0] : throw new EvaluationException($"The filter '{Name}' finds no answer to take.");
    }

    static Step Make(FilterStep step)
    {
        var options = new FilterOptions(step);
        switch (step.Function)
        {
            case "regex":
                var regex = RegexFilter.Parse(options.Allow("regex_pattern", "group_select", "fallback"));
                return Each(answer => regex.Pick(answer));
            case "multi_choice_regex":
                var choices = new ChoiceFilter(options.Allow("regex_pattern", "group_select", "fallback", "ignore_case", "ignore_punctuation", "regexes_to_ignore"));
                return (answers, document) => choices.Apply(answers, document);
            case "remove_whitespace":
                options.Allow();
                return Each(answer => PythonString.Strip(Text(answer)));
            case "lowercase":
                options.Allow();
                return Each(answer => PythonString.ToLower(Text(answer)));
            case "uppercase":
                options.Allow();
                return Each(answer => PythonString.ToUpper(Text(answer)));
            case "map":
                var mapping = options.Allow("mapping_dict", "default_value").Map("mapping_dict");
                var otherwise = options.Value("default_value");
                return Each(answer => answer is string text && mapping.TryGetValue(text, out var value) ? value : otherwise);
            case "take_first_k":
                var k = options.Allow("k").Whole("k") ?? throw new EvaluationException("the filter 'take_first_k' needs 'k'.");
                return (answers, _) => answers.Count >= k ? [.. answers.Take(k)] : throw new EvaluationException($"take_first_k needs {k} answers to each document, and there are {answers.Count}: 'repeats' is too small.");
            case "majority_vote":
                options.Allow();
                return (answers, _) => answers.Count == 0 ? throw new EvaluationException("majority_vote has no answers.") : [Majority(answers)];
            default: throw new EvaluationException($"the filter '{step.Function}' is not known.");
        }
    }

    static Step Each(Func<object?, object?> change) => (answers, _) => [.. answers.Select(change)];

    static string Text(object? answer) => answer as string ?? throw new EvaluationException($"a filter of texts met {PlainValues.Word(answer)}.");

    /// <summary>The most frequent; the first among equals.</summary>
    static object? Majority(IReadOnlyList<object?> answers) => answers.GroupBy(answer => answer).MaxBy(group => group.Count())!.Key;
}

/// <summary>The options of one step, each of the kind it must have.</summary>
sealed class FilterOptions(FilterStep step)
{
    public FilterOptions Allow(params string[] names)
    {
        foreach (var name in step.Options.Keys)
            if (Array.IndexOf(names, name) < 0) throw new EvaluationException($"the filter '{step.Function}' has no option '{name}'.");
        return this;
    }

    public object? Value(string name) => step.Options.GetValueOrDefault(name);

    public string? Text(string name) => Value(name) switch
    {
        null => null,
        string text => text,
        _ => throw Wrong(name, "a text"),
    };

    public int? Whole(string name) => Value(name) switch
    {
        null => null,
        long number when Math.Abs(number) <= 1_000_000 => (int)number,
        _ => throw Wrong(name, "a whole number"),
    };

    public bool Flag(string name) => Value(name) switch
    {
        null => false,
        bool flag => flag,
        _ => throw Wrong(name, "true or false"),
    };

    public IReadOnlyDictionary<string, object?> Map(string name) => Value(name) switch
    {
        null => TaskDefinition.NoFields,
        IReadOnlyDictionary<string, object?> map => map,
        _ => throw Wrong(name, "a mapping"),
    };

    public IReadOnlyList<string> Texts(string name) => Value(name) switch
    {
        null => [],
        IReadOnlyList<object?> list => [.. list.Select(item => item as string ?? throw Wrong(name, "a list of texts"))],
        _ => throw Wrong(name, "a list of texts"),
    };

    EvaluationException Wrong(string name, string kind) => new($"the filter '{step.Function}': '{name}' must be {kind}.");
}

/// <summary>Picks one match of an expression out of an answer.</summary>
sealed record RegexFilter(PythonPattern Pattern, int Select, string Fallback)
{
    const string DefaultPattern = @"#### (\-?[0-9\.\,]+)";

    public static RegexFilter Parse(FilterOptions options) =>
        new(new PythonPattern(options.Text("regex_pattern") ?? DefaultPattern), options.Whole("group_select") ?? 0, options.Text("fallback") ?? FilterPipeline.Invalid);

    public string Pick(object? answer)
    {
        var matches = Pattern.FindTexts(answer as string ?? "");
        if (matches.Count == 0) return Fallback;
        var groups = At(matches, Select);
        // With one group or none the match counts even if it is empty; among several the first that took part.
        var picked = groups.Count == 1 ? groups[0] : groups.FirstOrDefault(group => group.Length > 0) ?? Fallback;
        return PythonString.Strip(picked);
    }

    public static IReadOnlyList<string> At(IReadOnlyList<IReadOnlyList<string>> matches, int select)
    {
        var index = select < 0 ? select + matches.Count : select;
        return index >= 0 && index < matches.Count ? matches[index] : throw new EvaluationException($"A regular expression matched {matches.Count} times, and match {select} is asked for.");
    }
}

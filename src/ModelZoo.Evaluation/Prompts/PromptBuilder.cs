using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Filters;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>
/// Turns documents into what a model is asked, worded as lm-evaluation-harness words it (api/task.py): description, examples, question, delimiters, chat
/// turns. Safe to use from several threads.
/// </summary>
public sealed class PromptBuilder
{
    readonly FieldSource _description, _prefix, _text, _target, _choices, _group;
    readonly FieldSource _exampleText, _exampleTarget, _exampleChoices, _examplePrefix;
    readonly FewshotSampler? _sampler;
    readonly IReadOnlyList<FilterPipeline> _filters;
    readonly InputBuilder _inputs;

    /// <param name="examples">All documents of <see cref="FindExampleSplit"/>, in order.</param>
    /// <exception cref="EvaluationException">The task is not runnable, or needs examples that are not there.</exception>
    public PromptBuilder(TaskDefinition task, PromptSettings settings, IReadOnlyList<Document>? examples = null)
    {
        if (!task.IsRunnable) throw new EvaluationException($"The task '{task.Name}' cannot run here: {task.Defects[0]}");
        (Task, Settings) = (task, settings);
        var hasChoices = task.DocToChoice is not null;
        _description = new("description", task.Description, hasChoices);
        _prefix = new("gen_prefix", task.GenPrefix, hasChoices);
        _text = new("doc_to_text", task.DocToText, hasChoices);
        _target = new("doc_to_target", task.DocToTarget, hasChoices);
        _choices = new("doc_to_choice", task.DocToChoice, hasChoices);
        _group = new("zoo.group", task.Zoo.Group, hasChoices);
        var fewshot = task.Fewshot;
        _exampleText = new("fewshot_config.doc_to_text", fewshot.DocToText, hasChoices);
        _exampleTarget = new("fewshot_config.doc_to_target", fewshot.DocToTarget, hasChoices);
        _exampleChoices = new("fewshot_config.doc_to_choice", fewshot.DocToChoice, hasChoices);
        _examplePrefix = new("fewshot_config.gen_prefix", fewshot.GenPrefix, hasChoices);
        _filters = [.. task.Filters.Select(filter => new FilterPipeline(filter))];
        _inputs = new(task, _text);
        var count = settings.NumFewshot ?? task.NumFewshot ?? 0;
        if (count == 0) return;
        var pool = FindExampleSplit(task, settings) is null ? [.. fewshot.Samples!.Select((sample, index) => new Document(index, index.ToString(), sample))] : examples ?? throw new EvaluationException($"The examples of '{task.Name}' are missing.");
        // lm-evaluation-harness compares the named split with test_split alone; where the measured split is the source by default, the document would be its own example.
        var split = FindExampleSplit(task, settings);
        _sampler = new(fewshot, pool, count, settings.FewshotSeed, leavesOut: fewshot.Split == task.TestSplit || (split is not null && split == task.EvaluatedSplit));
    }

    public TaskDefinition Task { get; }

    public PromptSettings Settings { get; }

    /// <summary>The split that examples are taken from; null where no split is needed, since there are none or they stand in the task.</summary>
    public static string? FindExampleSplit(TaskDefinition task, PromptSettings settings) =>
        (settings.NumFewshot ?? task.NumFewshot ?? 0) == 0 ? null
        : task.Fewshot.Split ?? (task.Fewshot.Samples is not null ? null : task.TrainingSplit ?? task.ValidationSplit ?? task.TestSplit);

    /// <summary>What is asked about a document. The same document always gives the same prompt, whichever were built before.</summary>
    /// <exception cref="EvaluationException">The document does not have what the task asks for; the message says what.</exception>
    public Prompt Build(Document document)
    {
        var prompt = BuildOne(document);
        if (_group.Words(document) is { Length: > 0 } group) prompt.Group = group;
        return prompt;
    }

    Prompt BuildOne(Document document)
    {
        switch (Task.OutputType)
        {
            case OutputType.LoglikelihoodRolling:
                var whole = _target.Target(document) as string ?? throw _target.Wrong("it must be a text.");
                return new RollingPrompt(Task, document, Repeated(_ => new RollingRequest(whole)), whole, Counted(document) ?? whole);
            case OutputType.Loglikelihood:
                var answer = TargetText(_target.Target(document), _target);
                var context = Context(document, out _)[0];
                return new LikelihoodPrompt(Task, document, Repeated(_ => new LikelihoodRequest(context, answer)), answer);
            case OutputType.MultipleChoice: return BuildChoice(document);
            case OutputType.GenerateUntil: return BuildGeneration(document);
            default: return _inputs.Build(document, _target);
        }
    }

    List<ModelRequest> Repeated(Func<int, ModelRequest> make) => [.. Enumerable.Range(0, Task.Repeats).Select(make)];

    string? Counted(Document document) => Task.Zoo.Lengths is not { } column ? null
        : document.Fields.GetValueOrDefault(column) as string ?? throw new EvaluationException($"Document {document.Id} has no text in the column '{column}'.");

    GenerationPrompt BuildGeneration(Document document)
    {
        var context = Context(document, out _)[0];
        var options = Task.Generation!;
        var target = _target.Target(document);
        IReadOnlyList<string> references;
        if (_choices.IsGiven)
        {
            var choices = _choices.Choices(document);
            var index = IndexOf(target, choices);
            references = [index >= 0 && index < choices.Count ? choices[index] : throw _target.Wrong($"{PythonText.Quoted(target)} is no choice of document {document.Id}.")];
        }
        else references = target is IReadOnlyList<object?> several ? [.. several.Select(PythonText.Of)] : [PythonText.Of(target)];
        return new(Task, document, Repeated(sample => new GenerationRequest(context, options.Until, options.MaxTokens, options.Temperature, options.TopP, options.TopK, sample)), target, references, _filters);
    }

    ChoicePrompt BuildChoice(Document document)
    {
        var choices = _choices.Choices(document);
        var contexts = Context(document, out var input);
        var target = _target.Target(document);
        var delimiter = Settings.Chat is null || (Task.GenPrefix is { Length: > 0 } prefix && !PythonString.IsSpace(prefix[^1])) ? Task.TargetDelimiter : "";
        var requests = new List<ModelRequest>();
        if (input is null) requests.AddRange(choices.Select(choice => new LikelihoodRequest(contexts[0], delimiter + choice)));
        else
        {
            var continuation = PythonText.Of(target);
            requests.AddRange(contexts.Select(context => new LikelihoodRequest(context, delimiter + continuation)));
        }
        var isMutual = Task.Metrics.Any(metric => metric.Name == "acc_mutual_info");
        if (isMutual) requests.AddRange(choices.Select(choice => new LikelihoodRequest("", delimiter + choice)));
        // Where the inputs differ, the right one is what doc_to_text says.
        var gold = input is { } place ? place : target;
        IReadOnlyList<int> golds = gold is IReadOnlyList<object?> several ? [.. several.Select(one => IndexOf(one, choices))] : [IndexOf(gold, choices)];
        return new(Task, document, requests, target, choices, golds, isMutual);
    }

    /// <summary>Which choice is meant; −1, which never counts, where none is.</summary>
    static int IndexOf(object? gold, IReadOnlyList<string> choices) => gold switch
    {
        long number => number >= 0 && number < choices.Count ? (int)number : -1,
        bool flag => flag ? 1 : 0,
        double number when number >= 0 && number < choices.Count && Math.Floor(number) == number => (int)number,
        string text when choices.Contains(text) => choices.ToList().IndexOf(text),
        string text when text.Length is > 0 and < 9 && text.All(char.IsAsciiDigit) => IndexOf(long.Parse(text), choices),
        _ => -1,
    };

    /// <summary>The context of a document; with several inputs, one for each choice, and the number of the right one.</summary>
    IReadOnlyList<string> Context(Document document, out long? input)
    {
        var turns = new List<Turn>();
        var system = Turn.Join(Settings.SystemInstruction, _description.Words(document), Task.FewshotDelimiter);
        if (system.Length > 0) turns.Add(new("system", system));
        foreach (var example in _sampler?.ExamplesFor(document) ?? []) AddExample(turns, example);
        var prefix = _prefix.Words(document);
        var question = _text.Text(document);
        input = question is long number && _choices.IsGiven ? number : null;
        if (input is not null) return [.. _choices.Choices(document).Select(choice => Write([.. turns, .. Question(choice, prefix, "")], prefix))];
        AddTurns(turns, Question(question as string ?? throw _text.Wrong($"document {document.Id} gives {PythonText.Quoted(question)}, which is no text."), prefix, Task.TargetDelimiter));
        return [Write(turns, prefix)];
    }

    static void AddTurns(List<Turn> turns, IEnumerable<Turn> more) => turns.AddRange(more);

    string Write(IReadOnlyList<Turn> turns, string prefix)
    {
        if (Settings.Chat is not { } chat) return Turn.Text(turns);
        var messages = Settings.FewshotAsMultiturn ? [.. turns.Select(turn => new ChatMessage(turn.Role, turn.Content))] : Turn.InOneMessage(turns);
        return chat(messages, opensAnswer: prefix.Length == 0);
    }

    static IEnumerable<Turn> Question(string text, string prefix, string delimiter)
    {
        yield return new("user", text, prefix.Length > 0 && Turn.NeedsDelimiter(text, prefix) ? delimiter : "");
        if (prefix.Length > 0) yield return new("assistant", prefix);
    }

    void AddExample(List<Turn> turns, Document example)
    {
        var question = _exampleText.Text(example);
        var choices = _exampleChoices.IsGiven ? _exampleChoices.Choices(example) : null;
        var target = _exampleTarget.Target(example);
        var prefix = _examplePrefix.Words(example);
        if (question is long input && choices is not null)
        {
            question = input >= 0 && input < choices.Count ? choices[(int)input] : throw _exampleText.Wrong($"example {example.Id} has no choice {input}.");
            choices = null;
        }
        var text = question as string ?? throw _exampleText.Wrong($"example {example.Id} gives {PythonText.Quoted(question)}, which is no text.");
        var (delimiter, end) = (Task.Fewshot.TargetDelimiter, Task.Fewshot.FewshotDelimiter);
        if (target is null or "")
        {
            AddTurns(turns, Question(text, prefix, delimiter));
            return;
        }
        var answer = choices is not null && IndexOf(target, choices) is >= 0 and var index && target is not string ? choices[index] : TargetText(target is IReadOnlyList<object?> { Count: > 0 } several ? several[0] : target, _exampleTarget);
        turns.Add(new("user", text, prefix.Length == 0 || Turn.NeedsDelimiter(text, prefix) ? delimiter : ""));
        turns.Add(new("assistant", Turn.Join(prefix, answer, " "), end));
    }

    static string TargetText(object? target, FieldSource source) => target as string ?? throw source.Wrong($"{PythonText.Quoted(target)} is no text.");
}

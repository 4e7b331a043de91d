using System.Runtime.CompilerServices;
using System.Text;

namespace ModelZoo.Inference.Templates;

/// <summary>One rendering: names, output, and what it may still cost.</summary>
sealed class TemplateRun(TemplateDialect dialect, IReadOnlyDictionary<string, TemplateFunction> functions, DateTimeOffset now)
{
    /// <summary>Far above what templates of published models need for conversations of a thousand messages; each character made counts a little too.</summary>
    public const long MaxSteps = 5_000_000;

    /// <summary>Of the output, and of any text on the way.</summary>
    public const int MaxCharacters = 8 << 20;

    public const int MaxItems = 1_000_000, MaxCallDepth = 64;

    long _steps = MaxSteps;
    int _depth;

    public TemplateDialect Dialect { get; } = dialect;

    public DateTimeOffset Now { get; } = now;

    public IReadOnlyDictionary<string, TemplateFunction> Functions { get; } = functions;

    public StringBuilder Output { get; private set; } = new();

    public void Step(int line, long cost = 1)
    {
        if ((_steps -= cost) < 0) throw new TemplateException(TemplateFault.Limit, line, "the template", $"it takes more than {MaxSteps} steps.");
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateException(TemplateFault.Limit, line, "the template", "it is nested too deep.");
    }

    public void Write(string text, int line)
    {
        Step(line, 1 + (text.Length >> 4));
        if (Output.Length + (long)text.Length > MaxCharacters) throw TooLong(line);
        Output.Append(text);
    }

    /// <summary>Counts a text that was made; asked before it is made where its length is known.</summary>
    public void Made(long characters, int line)
    {
        if (characters > MaxCharacters) throw TooLong(line);
        Step(line, characters >> 4);
    }

    public void MadeItems(long items, int line)
    {
        if (items > MaxItems) throw new TemplateException(TemplateFault.Limit, line, "a list", $"it has more than {MaxItems} items.");
        Step(line, items >> 1);
    }

    static TemplateException TooLong(int line) => new(TemplateFault.Limit, line, "the text", $"it becomes longer than {MaxCharacters} characters.");

    /// <summary>Renders into a text of its own, as the body of a macro is.</summary>
    public string Capture(int line, Action body)
    {
        var before = Output;
        Output = new StringBuilder();
        Enter(line);
        try
        {
            body();
            return Output.ToString();
        }
        finally
        {
            Output = before;
            _depth--;
        }
    }

    void Enter(int line)
    {
        if (++_depth > MaxCallDepth) throw new TemplateException(TemplateFault.Limit, line, "a call", $"calls are nested more than {MaxCallDepth} deep.");
    }

    public bool IsTrue(object? value, int line) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        Undefined undefined => IsError(undefined) ? throw Missing(undefined, line) : false,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        TemplateMap map => map.Count > 0,
        TemplateView view => view.Items.Count > 0,
        _ => true,
    };

    /// <summary>Whether merely looking at it is an error.</summary>
    public bool IsError(Undefined undefined) => Dialect.IsStrict && !undefined.IsLenient;

    public static TemplateException Missing(Undefined undefined, int line) => new(TemplateFault.Undefined, line, undefined.What, "it is not defined.");

    /// <summary>What <c>{{ }}</c> shows.</summary>
    public string Text(object? value, int line)
    {
        switch (value)
        {
            case string text: return text;
            case Undefined undefined: return IsError(undefined) ? throw Missing(undefined, line) : "";
            case TemplateGenerator: throw new TemplateException(TemplateFault.Value, line, "{{ }}", "what a filter selects must be made a list or joined before it is shown.");
            case TemplateFunction or TemplateNamespace: throw new TemplateException(TemplateFault.Value, line, "{{ }}", "a function or namespace has no text.");
        }
        try
        {
            var text = PythonText.Of(value);
            Made(text.Length, line);
            return text;
        }
        catch (InferenceException e) when (e.Fault == InferenceFault.Limit)
        {
            throw new TemplateException(TemplateFault.Limit, line, "{{ }}", e.Message);
        }
    }

    /// <summary>What a loop goes through.</summary>
    public IReadOnlyList<object?> Items(object? value, int line)
    {
        var items = value switch
        {
            string text => PythonString.Characters(text),
            IReadOnlyList<object?> list => list,
            IReadOnlyDictionary<string, object?> map => [.. map.Keys],
            TemplateMap map => [.. map.Pairs.Select(pair => (object?)pair.Key)],
            TemplateView view => view.Items,
            TemplateGenerator generator => generator.Take(),
            Undefined undefined => IsError(undefined) ? throw Missing(undefined, line) : [],
            _ => throw new TemplateException(TemplateFault.Value, line, TemplateOperators.KindOf(value), "it cannot be gone through."),
        };
        MadeItems(items.Count, line);
        return items;
    }

    public long Length(object? value, int line) => value switch
    {
        string text => PythonString.Length(text),
        IReadOnlyList<object?> list => list.Count,
        IReadOnlyDictionary<string, object?> map => map.Count,
        TemplateMap map => map.Count,
        TemplateView view => view.Items.Count,
        Undefined undefined => IsError(undefined) ? throw Missing(undefined, line) : 0,
        _ => throw new TemplateException(TemplateFault.Value, line, TemplateOperators.KindOf(value), "it has no length."),
    };

    public object? Call(object? callee, TemplateCall call)
    {
        Step(call.Line);
        switch (callee)
        {
            case TemplateFunction function: return function(this, call);
            case LoopState { Repeat: { } repeat }: return repeat(this, call);
            case Undefined undefined: throw Missing(undefined, call.Line);
            default: throw call.Wrong("it cannot be called.");
        }
    }
}

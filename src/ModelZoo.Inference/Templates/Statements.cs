namespace ModelZoo.Inference.Templates;

/// <summary>How a statement ended.</summary>
enum Flow
{
    On,
    Break,
    Continue,
}

/// <summary>A part of a template that writes or names something.</summary>
abstract class Statement(int line)
{
    public int Line { get; } = line;

    public abstract Flow Run(TemplateRun run, TemplateScope scope);

    public static Flow RunAll(IReadOnlyList<Statement> body, TemplateRun run, TemplateScope scope)
    {
        foreach (var statement in body)
        {
            run.Step(statement.Line);
            if (statement.Run(run, scope) is not Flow.On and var flow) return flow;
        }
        return Flow.On;
    }
}

sealed class TextStatement(int line, string text) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        run.Write(text, Line);
        return Flow.On;
    }
}

sealed class OutputStatement(int line, Expression value) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        run.Write(run.Text(value.Evaluate(run, scope), Line), Line);
        return Flow.On;
    }
}

sealed class IfStatement(int line, IReadOnlyList<(Expression Condition, IReadOnlyList<Statement> Body)> branches, IReadOnlyList<Statement> otherwise) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        foreach (var (condition, body) in branches)
            if (run.IsTrue(condition.Evaluate(run, scope), condition.Line)) return RunAll(body, run, scope);
        return RunAll(otherwise, run, scope);
    }
}

/// <summary>What a value is given to: a name, several, or a field of a namespace.</summary>
abstract record Target(int Line)
{
    public sealed record Name(int Line, string Text) : Target(Line);

    public sealed record Field(int Line, string Owner, string Text) : Target(Line);

    public sealed record Several(int Line, IReadOnlyList<Target> Targets) : Target(Line);

    public void Set(TemplateRun run, TemplateScope scope, object? value)
    {
        switch (this)
        {
            case Name name: scope.Set(name.Text, value); break;
            case Field field:
                if (!scope.TryGet(field.Owner, out var owner) || owner is not TemplateNamespace made) throw new TemplateException(TemplateFault.Value, Line, $"'{field.Owner}.{field.Text}'", "only a namespace's fields can be set.");
                made.Fields[field.Text] = value;
                break;
            case Several several:
                var items = run.Items(value, Line);
                if (items.Count != several.Targets.Count) throw new TemplateException(TemplateFault.Value, Line, "several names", $"{items.Count} values are given to {several.Targets.Count} names.");
                for (var i = 0; i < items.Count; i++) several.Targets[i].Set(run, scope, TemplateOperators.Normal(items[i]));
                break;
        }
    }
}

sealed class SetStatement(int line, Target target, Expression value) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        target.Set(run, scope, value.Evaluate(run, scope));
        return Flow.On;
    }
}

/// <summary><c>{% set x %}…{% endset %}</c> and <c>{% filter x %}…{% endfilter %}</c>.</summary>
sealed class CaptureStatement(int line, Target? target, IReadOnlyList<FilterExpression> filters, IReadOnlyList<Statement> body) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        object? value = run.Capture(Line, () => RunAll(body, run, inner));
        foreach (var filter in filters) value = filter.Apply(run, scope, value);
        if (target is null) run.Write(run.Text(value, Line), Line);
        else target.Set(run, scope, value);
        return Flow.On;
    }
}

/// <summary><c>{% with %}</c>, and <c>{% generation %}</c>, which marks what the assistant says and writes it as it is.</summary>
sealed class WithStatement(int line, IReadOnlyList<(Target Target, Expression Value)> names, IReadOnlyList<Statement> body) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        foreach (var (target, value) in names) target.Set(run, inner, value.Evaluate(run, scope));
        return RunAll(body, run, inner);
    }
}

sealed class FlowStatement(int line, Flow flow) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope) => flow;
}

sealed class UnsupportedStatement(int line, string construct, string reason) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope) => throw new TemplateException(TemplateFault.Unsupported, Line, construct, reason);
}

/// <param name="Default">Null: the argument is undefined when it is not given.</param>
sealed record MacroArgument(string Name, Expression? Default);

sealed class MacroStatement(int line, string name, IReadOnlyList<MacroArgument> arguments, IReadOnlyList<Statement> body) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        scope.Set(name, Make(scope));
        return Flow.On;
    }

    /// <summary>A macro sees the names around its definition, as they are when it is called.</summary>
    public TemplateFunction Make(TemplateScope around) => (run, call) =>
    {
        var scope = new TemplateScope(around);
        var given = call.Named.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            object? value;
            if (i < call.Arguments.Count) value = call.Arguments[i];
            else if (!given.Remove(argument.Name, out value)) value = argument.Default is { } otherwise ? otherwise.Evaluate(run, scope) : new Undefined($"the argument '{argument.Name}'");
            scope.Set(argument.Name, value);
        }
        given.Remove("caller", out var caller);
        if (!arguments.Any(argument => argument.Name == "caller")) scope.Set("caller", caller ?? new Undefined("'caller'"));
        scope.Set("varargs", new TemplateTuple([.. call.Arguments.Skip(arguments.Count)]));
        var rest = new TemplateMap();
        foreach (var (key, value) in given) rest.Set(key, value);
        scope.Set("kwargs", rest);
        return run.Capture(call.Line, () => RunAll(body, run, scope));
    };
}

/// <summary><c>{% call macro(…) %}…{% endcall %}</c>.</summary>
sealed class CallStatement(int line, CallExpression call, MacroStatement body) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        run.Write(run.Text(call.EvaluateWith(run, scope, body.Make(scope)), Line), Line);
        return Flow.On;
    }
}

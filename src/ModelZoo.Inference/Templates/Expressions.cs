namespace ModelZoo.Inference.Templates;

/// <summary>A part of a template that has a value.</summary>
abstract class Expression(int line)
{
    public int Line { get; } = line;

    public abstract object? Evaluate(TemplateRun run, TemplateScope scope);
}

sealed class ConstantExpression(int line, object? value) : Expression(line)
{
    public object? Value => value;

    public override object? Evaluate(TemplateRun run, TemplateScope scope) => value;
}

sealed class NameExpression(int line, string name) : Expression(line)
{
    public string Name => name;

    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        if (scope.TryGet(name, out var value)) return TemplateOperators.Normal(value);
        return run.Functions.TryGetValue(name, out var function) ? function : new Undefined($"'{name}'");
    }
}

sealed class ListExpression(int line, IReadOnlyList<Expression> items, bool isTuple) : Expression(line)
{
    public IReadOnlyList<Expression> Items => items;

    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.MadeItems(items.Count, Line);
        var values = new List<object?>(items.Count);
        foreach (var item in items) values.Add(item.Evaluate(run, scope));
        return isTuple ? new TemplateTuple(values) : values;
    }
}

sealed class MapExpression(int line, IReadOnlyList<(Expression Key, Expression Value)> pairs) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.MadeItems(pairs.Count, Line);
        var map = new TemplateMap();
        foreach (var (key, value) in pairs)
        {
            var name = key.Evaluate(run, scope);
            if (name is not (string or long or double or bool)) throw new TemplateException(TemplateFault.Unsupported, Line, "a mapping", $"{TemplateOperators.KindOf(name)} is no key.");
            map.Set(name, value.Evaluate(run, scope));
        }
        return map;
    }
}

sealed class AttributeExpression(int line, Expression value, string name) : Expression(line)
{
    public Expression Value => value;

    public string Name => name;

    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        return TemplateOperators.Attribute(value.Evaluate(run, scope), name, Line);
    }
}

sealed class ItemExpression(int line, Expression value, Expression key) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        var owner = value.Evaluate(run, scope);
        return TemplateOperators.Item(run, owner, key.Evaluate(run, scope), Line);
    }
}

sealed class SliceExpression(int line, Expression value, Expression? start, Expression? stop, Expression? step) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        return TemplateOperators.Slice(run, value.Evaluate(run, scope), Bound(start), Bound(stop), Bound(step), Line);

        long? Bound(Expression? bound) => bound?.Evaluate(run, scope) switch
        {
            null => null,
            long number => Math.Clamp(number, -int.MaxValue, int.MaxValue),
            bool flag => flag ? 1 : 0,
            var other => throw new TemplateException(TemplateFault.Value, Line, "a slice", $"{TemplateOperators.KindOf(other)} is no place."),
        };
    }
}

sealed class OperatorExpression(int line, string op, Expression left, Expression right) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        var a = left.Evaluate(run, scope);
        return TemplateOperators.Apply(run, op, a, right.Evaluate(run, scope), Line);
    }
}

sealed class ConcatExpression(int line, IReadOnlyList<Expression> parts) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        var texts = new string[parts.Count];
        for (var i = 0; i < texts.Length; i++) texts[i] = run.Text(parts[i].Evaluate(run, scope), Line);
        run.Made(texts.Sum(text => (long)text.Length), Line);
        return string.Concat(texts);
    }
}

sealed class SignExpression(int line, Expression value, bool isMinus) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope) => TemplateOperators.Apply(run, isMinus ? "-" : "+", 0L, value.Evaluate(run, scope), Line);
}

sealed class NotExpression(int line, Expression value) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope) => !run.IsTrue(value.Evaluate(run, scope), Line);
}

/// <summary>Python's <c>and</c>, <c>or</c>: one of the two values, not a flag.</summary>
sealed class ChoiceExpression(int line, Expression left, Expression right, bool isAnd) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        var value = left.Evaluate(run, scope);
        return run.IsTrue(value, Line) == isAnd ? right.Evaluate(run, scope) : value;
    }
}

/// <summary><c>a if b else c</c>.</summary>
sealed class InlineIfExpression(int line, Expression then, Expression condition, Expression? otherwise) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        if (run.IsTrue(condition.Evaluate(run, scope), Line)) return then.Evaluate(run, scope);
        return otherwise is null ? new Undefined("the 'else' of an inline if", isLenient: true) : otherwise.Evaluate(run, scope);
    }
}

/// <summary>Comparisons in a chain, each with its neighbour.</summary>
sealed class CompareExpression(int line, Expression first, IReadOnlyList<(string Op, Expression Right)> rest) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        var left = first.Evaluate(run, scope);
        foreach (var (op, expression) in rest)
        {
            run.Step(Line);
            var right = expression.Evaluate(run, scope);
            var holds = op switch
            {
                "==" => TemplateOperators.AreEqual(run, left, right, Line),
                "!=" => !TemplateOperators.AreEqual(run, left, right, Line),
                "in" => TemplateOperators.Contains(run, right, left, Line),
                "not in" => !TemplateOperators.Contains(run, right, left, Line),
                "<" => TemplateOperators.Compare(run, left, right, Line) < 0,
                "<=" => TemplateOperators.Compare(run, left, right, Line) <= 0,
                ">" => TemplateOperators.Compare(run, left, right, Line) > 0,
                _ => TemplateOperators.Compare(run, left, right, Line) >= 0,
            };
            if (!holds) return false;
            left = right;
        }
        return true;
    }
}

/// <summary>What stands in the brackets of a call, filter or test.</summary>
sealed record ArgumentList(IReadOnlyList<Expression> Places, IReadOnlyList<(string Name, Expression Value)> Named)
{
    public static ArgumentList None { get; } = new([], []);

    public TemplateCall Bind(TemplateRun run, TemplateScope scope, int line, string name, object? first = null, bool hasFirst = false)
    {
        var places = new List<object?>(Places.Count + 1);
        if (hasFirst) places.Add(first);
        foreach (var place in Places) places.Add(place.Evaluate(run, scope));
        return new(line, name, places, [.. Named.Select(pair => KeyValuePair.Create(pair.Name, pair.Value.Evaluate(run, scope)))]);
    }
}

sealed class CallExpression(int line, Expression callee, ArgumentList arguments) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        var target = callee.Evaluate(run, scope);
        return run.Call(target, arguments.Bind(run, scope, Line, Shown));
    }

    public string Shown => callee switch
    {
        NameExpression name => $"{name.Name}()",
        AttributeExpression attribute => $".{attribute.Name}()",
        _ => "a call",
    };

    public object? EvaluateWith(TemplateRun run, TemplateScope scope, TemplateFunction caller)
    {
        var call = arguments.Bind(run, scope, Line, Shown);
        return run.Call(callee.Evaluate(run, scope), new(Line, call.Name, call.Arguments, [.. call.Named, KeyValuePair.Create<string, object?>("caller", caller)]));
    }
}

/// <summary><c>value|name(…)</c>. Without a value, in a filter block, it filters the block's text.</summary>
sealed class FilterExpression(int line, Expression? value, string name, TemplateFunction filter, ArgumentList arguments) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope) => Apply(run, scope, value!.Evaluate(run, scope));

    public object? Apply(TemplateRun run, TemplateScope scope, object? input)
    {
        run.Step(Line);
        return TemplateOperators.Normal(filter(run, arguments.Bind(run, scope, Line, $"|{name}", input, hasFirst: true)));
    }
}

sealed class TestExpression(int line, Expression value, string name, TemplateFunction test, ArgumentList arguments, bool isNegated) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope)
    {
        run.Step(Line);
        return run.IsTrue(test(run, arguments.Bind(run, scope, Line, $"is {name}", value.Evaluate(run, scope), hasFirst: true)), Line) != isNegated;
    }
}

/// <summary>Something that this engine does not know: refused when it is reached, and listed for those who want to know before.</summary>
sealed class UnsupportedExpression(int line, string construct, string reason) : Expression(line)
{
    public override object? Evaluate(TemplateRun run, TemplateScope scope) => throw new TemplateException(TemplateFault.Unsupported, Line, construct, reason);
}

namespace ModelZoo.Inference.Templates;

/// <summary><c>{% for %}</c> with its <c>loop</c>. Names that the body sets end with each round.</summary>
sealed class ForStatement(int line, Target target, Expression items, Expression? condition, bool isRecursive, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise) : Statement(line)
{
    public override Flow Run(TemplateRun run, TemplateScope scope)
    {
        Loop(run, scope, items.Evaluate(run, scope), 1);
        return Flow.On;
    }

    void Loop(TemplateRun run, TemplateScope scope, object? value, int depth)
    {
        var list = Select(run, scope, run.Items(value, Line));
        if (list.Count == 0)
        {
            RunAll(otherwise, run, new TemplateScope(scope));
            return;
        }
        var loop = new LoopState(list, depth) { Repeat = isRecursive ? (inner, call) => inner.Capture(call.Line, () => Loop(inner, scope, call.Get(0, "iterable"), depth + 1)) : null };
        for (; loop.Index < list.Count; loop.Index++)
        {
            run.Step(Line);
            var round = new TemplateScope(scope);
            round.Set("loop", loop);
            target.Set(run, round, TemplateOperators.Normal(list[loop.Index]));
            if (RunAll(body, run, round) == Flow.Break) return;
        }
    }

    IReadOnlyList<object?> Select(TemplateRun run, TemplateScope scope, IReadOnlyList<object?> list)
    {
        if (condition is null) return list;
        var chosen = new List<object?>();
        foreach (var item in list)
        {
            var round = new TemplateScope(scope);
            target.Set(run, round, TemplateOperators.Normal(item));
            if (run.IsTrue(condition.Evaluate(run, round), Line)) chosen.Add(item);
        }
        return chosen;
    }
}

/// <summary>What <c>loop</c> knows inside a loop.</summary>
sealed class LoopState(IReadOnlyList<object?> items, int depth)
{
    List<object?>? _last;

    public int Index { get; set; }

    /// <summary>Goes through other items with the same body, for recursive loops.</summary>
    public TemplateFunction? Repeat { get; init; }

    /// <summary>Null when there is no such field.</summary>
    public object? Find(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)(items.Count - Index),
        "revindex0" => items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index + 1 == items.Count,
        "length" => (long)items.Count,
        "depth" => (long)depth,
        "depth0" => depth - 1L,
        "previtem" => Index > 0 ? TemplateOperators.Normal(items[Index - 1]) : new Undefined("'loop.previtem'"),
        "nextitem" => Index + 1 < items.Count ? TemplateOperators.Normal(items[Index + 1]) : new Undefined("'loop.nextitem'"),
        "cycle" => (TemplateFunction)Cycle,
        "changed" => (TemplateFunction)HasChanged,
        _ => null,
    };

    object? Cycle(TemplateRun run, TemplateCall call) => call.Arguments.Count == 0 ? throw call.Wrong("there is nothing to choose from.") : call.Arguments[Index % call.Arguments.Count];

    object? HasChanged(TemplateRun run, TemplateCall call)
    {
        var now = call.Arguments.ToList();
        var isSame = _last is not null && TemplateOperators.AreEqual(run, _last, now, call.Line);
        _last = now;
        return !isSame;
    }
}

using System.Collections.Frozen;

namespace ModelZoo.Inference.Templates;

/// <summary>What may stand after <c>is</c>.</summary>
static class TemplateTests
{
    public static FrozenDictionary<string, TemplateFunction> All { get; } = new Dictionary<string, TemplateFunction>
    {
        ["defined"] = (_, call) => call.Arguments[0] is not Undefined,
        ["undefined"] = (_, call) => call.Arguments[0] is Undefined,
        ["none"] = (_, call) => call.Arguments[0] is null,
        ["string"] = (_, call) => call.Arguments[0] is string,
        ["boolean"] = (_, call) => call.Arguments[0] is bool,
        ["integer"] = (_, call) => call.Arguments[0] is long,
        ["float"] = (_, call) => call.Arguments[0] is double,
        ["number"] = (_, call) => call.Arguments[0] is long or double or bool,
        ["true"] = (_, call) => call.Arguments[0] is true,
        ["false"] = (_, call) => call.Arguments[0] is false,
        ["mapping"] = (_, call) => call.Arguments[0] is IReadOnlyDictionary<string, object?> or TemplateMap,
        // Jinja catches what a strict undefined value throws when it is asked for its length, so that one is no sequence.
        ["sequence"] = (run, call) => call.Arguments[0] is Undefined undefined ? !run.IsError(undefined) : call.Arguments[0] is string or IReadOnlyList<object?> or IReadOnlyDictionary<string, object?> or TemplateMap,
        ["iterable"] = (run, call) => Defined(run, call) is string or IReadOnlyList<object?> or IReadOnlyDictionary<string, object?> or TemplateMap or TemplateView or TemplateGenerator or Undefined,
        ["callable"] = (_, call) => call.Arguments[0] is TemplateFunction or LoopState,
        ["lower"] = (run, call) => run.Text(call.Arguments[0], call.Line) is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["upper"] = (run, call) => run.Text(call.Arguments[0], call.Line) is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["odd"] = (run, call) => TemplateOperators.Apply(run, "%", call.Arguments[0], 2L, call.Line) is 1L or 1.0,
        ["even"] = (run, call) => TemplateOperators.Apply(run, "%", call.Arguments[0], 2L, call.Line) is 0L or 0.0,
        ["divisibleby"] = (run, call) => TemplateOperators.Apply(run, "%", call.Arguments[0], call.Get(1, "num"), call.Line) is 0L or 0.0,
        ["sameas"] = (run, call) => call.Arguments[0] is null or bool or Undefined || call.Get(1, "other") is null or bool ? Same(call.Arguments[0], call.Get(1, "other")) : throw call.Unsupported("only none and flags can be told apart so."),
        ["eq"] = (run, call) => TemplateOperators.AreEqual(run, call.Arguments[0], call.Get(1, "other"), call.Line),
        ["ne"] = (run, call) => !TemplateOperators.AreEqual(run, call.Arguments[0], call.Get(1, "other"), call.Line),
        ["lt"] = (run, call) => TemplateOperators.Compare(run, call.Arguments[0], call.Get(1, "other"), call.Line) < 0,
        ["le"] = (run, call) => TemplateOperators.Compare(run, call.Arguments[0], call.Get(1, "other"), call.Line) <= 0,
        ["gt"] = (run, call) => TemplateOperators.Compare(run, call.Arguments[0], call.Get(1, "other"), call.Line) > 0,
        ["ge"] = (run, call) => TemplateOperators.Compare(run, call.Arguments[0], call.Get(1, "other"), call.Line) >= 0,
        ["in"] = (run, call) => TemplateOperators.Contains(run, call.Get(1, "seq"), call.Arguments[0], call.Line),
        ["filter"] = (_, call) => call.Arguments[0] is string name && TemplateFilters.All.ContainsKey(name),
        ["test"] = (_, call) => call.Arguments[0] is string name && All!.ContainsKey(name),
    }.WithOtherNames(("==", "eq"), ("equalto", "eq"), ("!=", "ne"), ("<", "lt"), ("lessthan", "lt"), ("<=", "le"), (">", "gt"), ("greaterthan", "gt"), (">=", "ge")).ToFrozenDictionary();

    static Dictionary<string, TemplateFunction> WithOtherNames(this Dictionary<string, TemplateFunction> tests, params ReadOnlySpan<(string Other, string Name)> names)
    {
        foreach (var (other, name) in names) tests[other] = tests[name];
        return tests;
    }

    static object? Defined(TemplateRun run, TemplateCall call) => call.Arguments[0] is Undefined undefined && run.IsError(undefined) ? throw TemplateRun.Missing(undefined, call.Line) : call.Arguments[0];

    static bool Same(object? a, object? b) => (a, b) is (null, null) || (a is bool one && b is bool other && one == other);
}

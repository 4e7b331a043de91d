using System.Globalization;
using ModelZoo.Evaluation.Data;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>
/// One <c>doc_to_…</c> of a task, applied to documents as lm-evaluation-harness does (api/task.py): the name of a column, else a template; a whole
/// number, a list, or a mapping whose values are meant.
/// </summary>
sealed class FieldSource
{
    readonly object? _value;
    readonly bool _hasChoices;
    readonly string _key;
    readonly Lazy<Template>? _template;

    /// <param name="hasChoices">The task has choices, so a text of digits is the number of one.</param>
    public FieldSource(string key, object? value, bool hasChoices)
    {
        (_key, _value, _hasChoices) = (key, value, hasChoices);
        if (value is string text) _template = new(() => Template.Parse(text, TemplateDialect.Task));
    }

    public bool IsGiven => _value is not null;

    /// <summary>A text or a whole number.</summary>
    public object? Text(Document document)
    {
        if (_value is not string name) return _value is long ? _value : throw Wrong("it is no text.");
        if (document.Fields.TryGetValue(name, out var column)) return column;
        var rendered = Render(document);
        return Number(rendered) ?? (object)rendered;
    }

    /// <summary>A text, a number, or a list of several.</summary>
    public object? Target(Document document)
    {
        if (_value is not string name) return _value;
        if (document.Fields.TryGetValue(name, out var column)) return column;
        var rendered = Render(document);
        if (Number(rendered) is { } number) return number;
        if (rendered is not ['[', .., ']']) return rendered;
        try
        {
            return PythonLiteral.Parse(rendered);
        }
        catch (EvaluationException)
        {
            return rendered;
        }
    }

    public IReadOnlyList<string> Choices(Document document)
    {
        var value = _value switch
        {
            string name => document.Fields.TryGetValue(name, out var column) ? column : PythonLiteral.Parse(Render(document)),
            IReadOnlyDictionary<string, object?> map => map.Values.ToList(),
            _ => _value,
        };
        if (value is not IReadOnlyList<object?> list) throw Wrong($"it must be a list, and is {PythonText.Quoted(value)[..Math.Min(80, PythonText.Quoted(value).Length)]}.");
        if (list.Count == 0) throw Wrong("there are no choices.");
        return [.. list.Select(item => item as string ?? throw Wrong($"the choice {PythonText.Quoted(item)} is no text."))];
    }

    /// <summary>A description or prefix: a column, else a template; nothing where it is empty.</summary>
    public string Words(Document document)
    {
        if (_value is not string { Length: > 0 } name) return "";
        return document.Fields.TryGetValue(name, out var column) ? column as string ?? PythonText.Of(column) : Render(document);
    }

    string Render(Document document)
    {
        try
        {
            return _template!.Value.Render(document.Fields);
        }
        catch (TemplateException e)
        {
            throw new EvaluationException($"{_key}, document {document.Id}: {e.Message}", e);
        }
    }

    long? Number(string text) => _hasChoices && text.Length > 0 && text.All(char.IsAsciiDigit) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public EvaluationException Wrong(string reason) => new($"{_key}: {reason}");
}

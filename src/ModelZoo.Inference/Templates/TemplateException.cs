namespace ModelZoo.Inference.Templates;

public enum TemplateFault
{
    /// <summary>The text is no template.</summary>
    Syntax,

    /// <summary>A construct that Jinja may know and this engine does not; it is named.</summary>
    Unsupported,

    /// <summary>A name, attribute or item that is not there.</summary>
    Undefined,

    /// <summary>A value of a kind that an operation does not take.</summary>
    Value,

    /// <summary>Too many steps, too deep, or too much text.</summary>
    Limit,

    /// <summary>The template itself called <c>raise_exception</c>.</summary>
    Raised,
}

/// <summary>A template could not be read or rendered. The message names the construct and the line.</summary>
public sealed class TemplateException(TemplateFault fault, int line, string construct, string reason)
    : Exception(fault == TemplateFault.Raised ? reason : $"Template, line {line}: {construct}: {reason}")
{
    public TemplateFault Fault { get; } = fault;

    /// <summary>From 1.</summary>
    public int Line { get; } = line;

    /// <summary>As the template writes it: <c>{% import %}</c>, <c>|xmlattr</c>.</summary>
    public string Construct { get; } = construct;

    public string Reason { get; } = reason;
}

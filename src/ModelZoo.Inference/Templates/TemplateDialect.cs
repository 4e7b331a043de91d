namespace ModelZoo.Inference.Templates;

/// <summary>How Jinja is set up where a template comes from.</summary>
public sealed record TemplateDialect
{
    TemplateDialect() { }

    /// <summary>lm-evaluation-harness's: names must be defined, the last newline stays, white space is as written.</summary>
    public static TemplateDialect Task { get; } = new() { IsStrict = true, KeepsLastNewline = true };

    /// <summary>transformers' for chat templates: <c>trim_blocks</c>, <c>lstrip_blocks</c>, undefined is empty, loop controls, JSON as it is.</summary>
    public static TemplateDialect Chat { get; } = new() { TrimsBlocks = true, HasLoopControls = true, HasPlainJson = true };

    /// <summary>Undefined names are errors wherever they are used.</summary>
    public bool IsStrict { get; private init; }
    public bool KeepsLastNewline { get; private init; }

    /// <summary>The newline after a block goes, and so does white space from the start of a line to a block.</summary>
    public bool TrimsBlocks { get; private init; }
    public bool HasLoopControls { get; private init; }

    /// <summary><c>tojson</c> neither escapes for HTML nor sorts keys.</summary>
    public bool HasPlainJson { get; private init; }
}

namespace ModelZoo.Inference.Templates;

/// <summary>
/// A template in the part of Jinja that benchmark tasks and chat templates use, over plain values: texts, <see cref="long"/>, <see cref="double"/>,
/// <see cref="bool"/>, null, <c>IReadOnlyList&lt;object?&gt;</c>, <c>IReadOnlyDictionary&lt;string, object?&gt;</c>. Templates come from strangers: steps,
/// depth and output are bounded, nothing outside the given values is reached, and output is never escaped. Safe to use from several threads.
/// </summary>
public sealed class Template
{
    readonly IReadOnlyList<Statement> _body;

    Template(TemplateDialect dialect, IReadOnlyList<Statement> body, IReadOnlyList<UnsupportedConstruct> unsupported) => (Dialect, _body, Unsupported) = (dialect, body, unsupported);

    public TemplateDialect Dialect { get; }

    /// <summary>What is written somewhere in the template and cannot run; reaching it is an error.</summary>
    public IReadOnlyList<UnsupportedConstruct> Unsupported { get; }

    /// <exception cref="TemplateException">The text is no template, or too much of one.</exception>
    public static Template Parse(string source, TemplateDialect dialect)
    {
        var parser = new TemplateParser(TemplateLexer.Read(source, dialect), dialect);
        var body = parser.ParseAll();
        return new(dialect, body, parser.Unsupported);
    }

    /// <param name="now">What <c>strftime_now</c> shows.</param>
    /// <exception cref="TemplateException">A value is missing or does not fit, a limit is met, or the template raised it.</exception>
    public string Render(IReadOnlyDictionary<string, object?> values, DateTimeOffset now = default)
    {
        var run = new TemplateRun(Dialect, Dialect == TemplateDialect.Chat ? TemplateFunctions.Chat : TemplateFunctions.Plain, now);
        var given = new TemplateScope(null);
        foreach (var (name, value) in values) given.Set(name, value);
        Statement.RunAll(_body, run, new TemplateScope(given));
        return run.Output.ToString();
    }
}

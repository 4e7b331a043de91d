namespace ModelZoo.Inference.Templates;

/// <summary>Goes through the tokens of a template.</summary>
abstract class TokenReader(IReadOnlyList<TemplateToken> tokens)
{
    const int MaxDepth = 120;

    int _at;

    /// <summary>How deep the value that is being parsed lies in others.</summary>
    protected int Depth { get; set; }

    /// <summary>What was met that this engine does not know, in order.</summary>
    public List<UnsupportedConstruct> Unsupported { get; } = [];

    protected TemplateToken Current => tokens[_at];

    protected TemplateToken Next() => tokens[_at].Kind == TokenKind.End ? tokens[_at] : tokens[_at++];

    protected TemplateToken Ahead(int count) => tokens[Math.Min(_at + count, tokens.Count - 1)];

    protected bool TryTake(string op)
    {
        if (!Current.Is(op)) return false;
        _at++;
        return true;
    }

    protected bool TryTakeName(string name)
    {
        if (!Current.IsName(name)) return false;
        _at++;
        return true;
    }

    protected void Expect(string op)
    {
        if (!TryTake(op)) throw Wrong($"'{op}' is expected.");
    }

    protected string ExpectName() => Current.Kind == TokenKind.Name ? Next().Text : throw Wrong("a name is expected.");

    protected TemplateException Wrong(string reason) => new(TemplateFault.Syntax, Current.Line, Current.Shown, reason);

    protected Expression NotKnown(int line, string construct, string reason)
    {
        Unsupported.Add(new(construct, line, reason));
        return new UnsupportedExpression(line, construct, reason);
    }

    protected void Enter()
    {
        if (++Depth > MaxDepth) throw new TemplateException(TemplateFault.Limit, Current.Line, "the template", $"it is nested more than {MaxDepth} deep.");
    }

    protected void Leave() => Depth--;
}

namespace ModelZoo.Inference.Templates;

/// <param name="Construct">As the template writes it.</param>
public sealed record UnsupportedConstruct(string Construct, int Line, string Reason);

/// <summary>Parses the statements of a template.</summary>
sealed class TemplateParser(IReadOnlyList<TemplateToken> tokens, TemplateDialect dialect) : ExpressionParser(tokens)
{
    int _loops;

    public IReadOnlyList<Statement> ParseAll()
    {
        var body = ParseBody([]);
        return Current.Kind == TokenKind.End ? body : throw Wrong("it closes nothing that is open.");
    }

    /// <summary>Statements up to one of the words that end them; their block is opened, and the word is next.</summary>
    List<Statement> ParseBody(string[] ends)
    {
        Enter();
        var body = new List<Statement>();
        while (Current.Kind != TokenKind.End)
        {
            var token = Next();
            if (token.Kind == TokenKind.Data) body.Add(new TextStatement(token.Line, token.Text));
            else if (token.Kind == TokenKind.VariableBegin)
            {
                body.Add(new OutputStatement(token.Line, ParseTuple()));
                ExpectEnd(TokenKind.VariableEnd);
            }
            else
            {
                if (Current.Kind == TokenKind.Name && Array.IndexOf(ends, Current.Text) >= 0)
                {
                    Leave();
                    return body;
                }
                body.Add(ParseStatement());
            }
        }
        if (ends.Length > 0) throw Wrong($"{{% {ends[^1]} %}} is expected.");
        Leave();
        return body;
    }

    void ExpectEnd(TokenKind kind)
    {
        if (Current.Kind != kind) throw Wrong(kind == TokenKind.VariableEnd ? "'}}' is expected." : "'%}' is expected.");
        Next();
    }

    /// <summary>The rest of <c>{% endx %}</c>, whose word is next.</summary>
    void TakeEnd()
    {
        Next();
        ExpectEnd(TokenKind.BlockEnd);
    }

    Statement ParseStatement()
    {
        var (word, line) = (Current, Current.Line);
        if (word.Kind != TokenKind.Name) throw Wrong("the name of a statement is expected.");
        Next();
        switch (word.Text)
        {
            case "if": return ParseIf(line);
            case "for": return ParseFor(line);
            case "set": return ParseSet(line);
            case "macro": return ParseMacro(line);
            case "call": return ParseCallBlock(line);
            case "filter": return ParseFilterBlock(line);
            case "with": return ParseWith(line);
            case "generation":
                ExpectEnd(TokenKind.BlockEnd);
                var said = ParseBody(["endgeneration"]);
                TakeEnd();
                return new WithStatement(line, [], said);
            case "break" or "continue" when dialect.HasLoopControls:
                if (_loops == 0) throw new TemplateException(TemplateFault.Syntax, line, $"{{% {word.Text} %}}", "it stands in no loop.");
                ExpectEnd(TokenKind.BlockEnd);
                return new FlowStatement(line, word.Text == "break" ? Flow.Break : Flow.Continue);
            case "include" or "import" or "from" or "extends" or "do" or "break" or "continue" or "debug":
                return Refuse(line, word.Text, null);
            case "block" or "autoescape" or "trans":
                return Refuse(line, word.Text, "end" + word.Text);
        }
        throw new TemplateException(TemplateFault.Syntax, line, $"{{% {word.Text} %}}", word.Text.StartsWith("end", StringComparison.Ordinal) || word.Text is "else" or "elif" ? "it closes nothing that is open." : "this statement is not known.");
    }

    /// <summary>Statements of Jinja that are left out; their text is skipped, so that the rest of the template is still looked at.</summary>
    UnsupportedStatement Refuse(int line, string word, string? end)
    {
        var construct = $"{{% {word} %}}";
        Unsupported.Add(new(construct, line, "this statement is not supported."));
        while (Current.Kind is not (TokenKind.BlockEnd or TokenKind.End)) Next();
        ExpectEnd(TokenKind.BlockEnd);
        if (end is not null)
        {
            ParseBody([end]);
            while (Current.Kind is not (TokenKind.BlockEnd or TokenKind.End)) Next();
            ExpectEnd(TokenKind.BlockEnd);
        }
        return new UnsupportedStatement(line, construct, "this statement is not supported.");
    }

    IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        while (true)
        {
            var condition = ParseTuple();
            ExpectEnd(TokenKind.BlockEnd);
            branches.Add((condition, ParseBody(["elif", "else", "endif"])));
            var word = Next().Text;
            if (word == "elif") continue;
            ExpectEnd(TokenKind.BlockEnd);
            if (word == "endif") return new(line, branches, []);
            var otherwise = ParseBody(["endif"]);
            TakeEnd();
            return new(line, branches, otherwise);
        }
    }

    ForStatement ParseFor(int line)
    {
        var target = ParseTarget();
        if (!TryTakeName("in")) throw Wrong("'in' is expected.");
        var items = ParseTuple(takesIf: false);
        var condition = TryTakeName("if") ? ParseExpression() : null;
        var isRecursive = TryTakeName("recursive");
        ExpectEnd(TokenKind.BlockEnd);
        _loops++;
        var body = ParseBody(["else", "endfor"]);
        _loops--;
        List<Statement> otherwise = [];
        if (Current.IsName("else"))
        {
            TakeEnd();
            otherwise = ParseBody(["endfor"]);
        }
        TakeEnd();
        return new(line, target, items, condition, isRecursive, body, otherwise);
    }

    /// <summary>Names between commas.</summary>
    Target ParseTarget()
    {
        var line = Current.Line;
        var targets = new List<Target> { ParseOneTarget() };
        var isSeveral = false;
        while (TryTake(","))
        {
            isSeveral = true;
            if (Current.IsName("in") || Current.Is("=") || Current.Is(")")) break;
            targets.Add(ParseOneTarget());
        }
        return isSeveral ? new Target.Several(line, targets) : targets[0];
    }

    Target ParseOneTarget()
    {
        var line = Current.Line;
        if (TryTake("("))
        {
            Enter();
            var inner = ParseTarget();
            Leave();
            Expect(")");
            return inner;
        }
        var name = ExpectName();
        if (name is "true" or "false" or "none" or "True" or "False" or "None") throw Wrong($"nothing can be given to '{name}'.");
        return TryTake(".") ? new Target.Field(line, name, ExpectName()) : new Target.Name(line, name);
    }

    Statement ParseSet(int line)
    {
        var target = ParseTarget();
        if (TryTake("="))
        {
            var value = ParseTuple();
            ExpectEnd(TokenKind.BlockEnd);
            return new SetStatement(line, target, value);
        }
        var filters = new List<FilterExpression>();
        while (TryTake("|"))
            if (ParseFilter(null) is FilterExpression filter) filters.Add(filter);
        ExpectEnd(TokenKind.BlockEnd);
        var body = ParseBody(["endset"]);
        TakeEnd();
        return new CaptureStatement(line, target, filters, body);
    }

    CaptureStatement ParseFilterBlock(int line)
    {
        var filters = new List<FilterExpression>();
        do
            if (ParseFilter(null) is FilterExpression filter) filters.Add(filter);
        while (TryTake("|"));
        ExpectEnd(TokenKind.BlockEnd);
        var body = ParseBody(["endfilter"]);
        TakeEnd();
        return new(line, null, filters, body);
    }

    WithStatement ParseWith(int line)
    {
        var names = new List<(Target, Expression)>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (names.Count > 0) Expect(",");
            var target = ParseOneTarget();
            Expect("=");
            names.Add((target, ParseExpression()));
        }
        ExpectEnd(TokenKind.BlockEnd);
        var body = ParseBody(["endwith"]);
        TakeEnd();
        return new(line, names, body);
    }

    MacroStatement ParseMacro(int line)
    {
        var name = ExpectName();
        var arguments = ParseSignature();
        ExpectEnd(TokenKind.BlockEnd);
        var body = ParseMacroBody("endmacro");
        return new(line, name, arguments, body);
    }

    List<Statement> ParseMacroBody(string end)
    {
        var loops = _loops;
        _loops = 0;
        var body = ParseBody([end]);
        _loops = loops;
        TakeEnd();
        return body;
    }

    List<MacroArgument> ParseSignature()
    {
        var arguments = new List<MacroArgument>();
        Expect("(");
        while (!TryTake(")"))
        {
            if (arguments.Count > 0)
            {
                Expect(",");
                if (TryTake(")")) break;
            }
            var name = ExpectName();
            arguments.Add(new(name, TryTake("=") ? ParseExpression() : null));
        }
        return arguments;
    }

    CallStatement ParseCallBlock(int line)
    {
        var arguments = Current.Is("(") ? ParseSignature() : [];
        var call = ParseExpression() as CallExpression ?? throw Wrong("a call is expected.");
        ExpectEnd(TokenKind.BlockEnd);
        return new(line, call, new MacroStatement(line, "caller", arguments, ParseMacroBody("endcall")));
    }
}

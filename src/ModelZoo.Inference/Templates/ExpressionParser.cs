namespace ModelZoo.Inference.Templates;

/// <summary>Parses expressions with Jinja's precedences (Jinja 3.1, parser.py).</summary>
class ExpressionParser(IReadOnlyList<TemplateToken> tokens) : TokenReader(tokens)
{
    /// <summary>Operators in a row are evaluated from the inside of a tree as deep as the row is long.</summary>
    const int MaxRow = 500;

    void CheckRow(ref int length)
    {
        if (++length > MaxRow) throw new TemplateException(TemplateFault.Limit, Current.Line, "the template", $"more than {MaxRow} operators stand in a row.");
    }

    public Expression ParseExpression(bool takesIf = true)
    {
        Enter();
        var expression = takesIf ? ParseInlineIf() : ParseOr();
        Leave();
        return expression;
    }

    Expression ParseInlineIf()
    {
        var (value, length) = (ParseOr(), 0);
        while (Current.IsName("if"))
        {
            CheckRow(ref length);
            var line = Next().Line;
            var condition = ParseOr();
            var otherwise = TryTakeName("else") ? ParseExpression() : null;
            value = new InlineIfExpression(line, value, condition, otherwise);
        }
        return value;
    }

    Expression ParseOr()
    {
        var (left, length) = (ParseAnd(), 0);
        while (Current.IsName("or"))
        {
            CheckRow(ref length);
            left = new ChoiceExpression(Next().Line, left, ParseAnd(), isAnd: false);
        }
        return left;
    }

    Expression ParseAnd()
    {
        var (left, length) = (ParseNot(), 0);
        while (Current.IsName("and"))
        {
            CheckRow(ref length);
            left = new ChoiceExpression(Next().Line, left, ParseNot(), isAnd: true);
        }
        return left;
    }

    Expression ParseNot()
    {
        if (!Current.IsName("not")) return ParseCompare();
        Enter();
        var not = new NotExpression(Next().Line, ParseNot());
        Leave();
        return not;
    }

    Expression ParseCompare()
    {
        var line = Current.Line;
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Current is { Kind: TokenKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" }) rest.Add((Next().Text, ParseSum()));
            else if (TryTakeName("in")) rest.Add(("in", ParseSum()));
            else if (Current.IsName("not") && Ahead(1).IsName("in"))
            {
                Next();
                Next();
                rest.Add(("not in", ParseSum()));
            }
            else break;
        }
        return rest.Count == 0 ? first : new CompareExpression(line, first, rest);
    }

    Expression ParseSum()
    {
        var (left, length) = (ParseConcat(), 0);
        while (Current.Is("+") || Current.Is("-"))
        {
            CheckRow(ref length);
            var op = Next();
            left = new OperatorExpression(op.Line, op.Text, left, ParseConcat());
        }
        return left;
    }

    Expression ParseConcat()
    {
        var line = Current.Line;
        var parts = new List<Expression> { ParseProduct() };
        while (TryTake("~")) parts.Add(ParseProduct());
        return parts.Count == 1 ? parts[0] : new ConcatExpression(line, parts);
    }

    Expression ParseProduct()
    {
        var (left, length) = (ParsePower(), 0);
        while (Current is { Kind: TokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            CheckRow(ref length);
            var op = Next();
            left = new OperatorExpression(op.Line, op.Text, left, ParsePower());
        }
        return left;
    }

    /// <summary>Jinja groups powers from the left, unlike Python.</summary>
    Expression ParsePower()
    {
        var (left, length) = (ParseUnary(), 0);
        while (Current.Is("**"))
        {
            CheckRow(ref length);
            left = new OperatorExpression(Next().Line, "**", left, ParseUnary());
        }
        return left;
    }

    Expression ParseUnary(bool takesFilters = true)
    {
        Enter();
        Expression value;
        if (Current.Is("-") || Current.Is("+"))
        {
            var sign = Next();
            value = new SignExpression(sign.Line, ParseUnary(takesFilters: false), sign.Text == "-");
        }
        else value = ParsePrimary();
        value = ParsePostfix(value);
        if (takesFilters) value = ParseFilters(value);
        Leave();
        return value;
    }

    protected Expression ParsePrimary()
    {
        var token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new ConstantExpression(token.Line, true),
                    "false" or "False" => new ConstantExpression(token.Line, false),
                    "none" or "None" => new ConstantExpression(token.Line, null),
                    "if" or "else" or "in" or "is" or "not" or "and" or "or" => throw new TemplateException(TemplateFault.Syntax, token.Line, token.Shown, "a value is expected."),
                    _ => new NameExpression(token.Line, token.Text),
                };
            case TokenKind.Text:
                var text = token.Text;
                while (Current.Kind == TokenKind.Text) text += Next().Text;
                return new ConstantExpression(token.Line, text);
            case TokenKind.Whole: return new ConstantExpression(token.Line, token.Whole);
            case TokenKind.Real: return new ConstantExpression(token.Line, token.Real);
            case TokenKind.Operator when token.Text == "(":
                var tuple = ParseTuple(")", isExplicit: true);
                Expect(")");
                return tuple;
            case TokenKind.Operator when token.Text == "[": return new ListExpression(token.Line, ParseItems("]"), isTuple: false);
            case TokenKind.Operator when token.Text == "{": return ParseMap(token.Line);
        }
        throw new TemplateException(TemplateFault.Syntax, token.Line, token.Shown, "a value is expected.");
    }

    List<Expression> ParseItems(string end)
    {
        var items = new List<Expression>();
        while (!TryTake(end))
        {
            if (items.Count > 0)
            {
                Expect(",");
                if (TryTake(end)) break;
            }
            items.Add(ParseExpression());
        }
        return items;
    }

    MapExpression ParseMap(int line)
    {
        var pairs = new List<(Expression, Expression)>();
        while (!TryTake("}"))
        {
            if (pairs.Count > 0)
            {
                Expect(",");
                if (TryTake("}")) break;
            }
            var key = ParseExpression();
            Expect(":");
            pairs.Add((key, ParseExpression()));
        }
        return new(line, pairs);
    }

    /// <summary>One expression, or several between commas.</summary>
    protected Expression ParseTuple(string? end = null, bool isExplicit = false, bool takesIf = true)
    {
        var line = Current.Line;
        var items = new List<Expression>();
        var isTuple = false;
        while (!IsTupleEnd(end))
        {
            items.Add(ParseExpression(takesIf));
            if (!TryTake(",")) break;
            isTuple = true;
        }
        if (items.Count == 0 && !isExplicit) throw Wrong("a value is expected.");
        return items.Count == 1 && !isTuple ? items[0] : new ListExpression(line, items, isTuple: true);
    }

    bool IsTupleEnd(string? end) => Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End || Current.Is(")") || (end is not null && Current.Is(end))
        || Current.IsName("recursive");

    protected Expression ParsePostfix(Expression value)
    {
        // Each step wraps the last one, and evaluation goes down through all of them.
        var before = Depth;
        while (true)
        {
            if (Current.Is(".") || Current.Is("[") || Current.Is("(")) Enter();
            if (Current.Is("."))
            {
                var line = Next().Line;
                var name = Next();
                value = name.Kind switch
                {
                    TokenKind.Name => new AttributeExpression(line, value, name.Text),
                    TokenKind.Whole => new ItemExpression(line, value, new ConstantExpression(line, name.Whole)),
                    _ => throw new TemplateException(TemplateFault.Syntax, line, name.Shown, "a name is expected after '.'."),
                };
            }
            else if (Current.Is("[")) value = ParseSubscript(value);
            else if (Current.Is("(")) value = ParseCall(value);
            else break;
        }
        Depth = before;
        return value;
    }

    CallExpression ParseCall(Expression callee)
    {
        var line = Current.Line;
        var call = new CallExpression(line, callee, ParseArguments());
        if (callee is AttributeExpression method && !TemplateMethods.IsKnown(method.Name)) Unsupported.Add(new(call.Shown, line, "no value has this method here."));
        return call;
    }

    Expression ParseSubscript(Expression value)
    {
        var line = Next().Line;
        Expression? start = null;
        if (!Current.Is(":"))
        {
            start = ParseExpression();
            if (TryTake("]")) return new ItemExpression(line, value, start);
            if (Current.Is(",")) return NotKnown(line, "[ , ]", "items are found by one key.") is var refused && SkipTo("]") ? refused : value;
        }
        Expect(":");
        var stop = Current.Is(":") || Current.Is("]") ? null : ParseExpression();
        var step = TryTake(":") && !Current.Is("]") ? ParseExpression() : null;
        Expect("]");
        return new SliceExpression(line, value, start, stop, step);
    }

    bool SkipTo(string end)
    {
        while (!Current.Is(end))
        {
            if (!TryTake(",")) throw Wrong($"'{end}' is expected.");
            ParseExpression();
        }
        return TryTake(end);
    }

    protected ArgumentList ParseArguments()
    {
        Expect("(");
        var places = new List<Expression>();
        var named = new List<(string, Expression)>();
        for (var isFirst = true; !TryTake(")"); isFirst = false)
        {
            if (!isFirst)
            {
                Expect(",");
                if (TryTake(")")) break;
            }
            if (Current.Is("*") || Current.Is("**"))
            {
                var star = Next();
                ParseExpression();
                places.Add(NotKnown(star.Line, $"{star.Text}arguments", "arguments are written one by one here."));
            }
            else if (Current.Kind == TokenKind.Name && Ahead(1).Is("="))
            {
                var name = Next().Text;
                Next();
                named.Add((name, ParseExpression()));
            }
            else if (named.Count > 0) throw Wrong("an argument without a name follows one with a name.");
            else places.Add(ParseExpression());
        }
        return new(places, named);
    }

    protected Expression ParseFilters(Expression value)
    {
        var before = Depth;
        while (true)
        {
            if (Current.Is("|") || Current.IsName("is") || Current.Is("(")) Enter();
            if (TryTake("|")) value = ParseFilter(value);
            else if (Current.IsName("is")) value = ParseTest(value);
            else if (Current.Is("(")) value = ParseCall(value);
            else break;
        }
        Depth = before;
        return value;
    }

    /// <summary>What stands behind <c>|</c>.</summary>
    protected Expression ParseFilter(Expression? value)
    {
        var line = Current.Line;
        var name = ParseDottedName();
        var arguments = Current.Is("(") ? ParseArguments() : ArgumentList.None;
        CheckNested(name, arguments, line);
        return TemplateFilters.All.TryGetValue(name, out var filter) ? new FilterExpression(line, value, name, filter, arguments) : NotKnown(line, $"|{name}", "this filter is not known.");
    }

    /// <summary>Filters and tests that other filters apply are known before they run, where they are written out.</summary>
    void CheckNested(string name, ArgumentList arguments, int line)
    {
        var (place, isFilter) = name switch
        {
            "map" => (0, true),
            "select" or "reject" => (0, false),
            "selectattr" or "rejectattr" => (1, false),
            _ => (-1, false),
        };
        if (place < 0 || place >= arguments.Places.Count || arguments.Places[place] is not ConstantExpression { Value: string inner }) return;
        if (isFilter ? !TemplateFilters.All.ContainsKey(inner) : !TemplateTests.All.ContainsKey(inner)) Unsupported.Add(new($"|{name}('{inner}')", line, isFilter ? "this filter is not known." : "this test is not known."));
    }

    string ParseDottedName()
    {
        var name = ExpectName();
        while (TryTake(".")) name += "." + ExpectName();
        return name;
    }

    Expression ParseTest(Expression value)
    {
        var line = Next().Line;
        var isNegated = TryTakeName("not");
        var name = ParseDottedName();
        var arguments = ArgumentList.None;
        if (Current.Is("(")) arguments = ParseArguments();
        else if (Current.Kind is TokenKind.Text or TokenKind.Whole or TokenKind.Real || Current.Is("[") || Current.Is("{")
            || (Current.Kind == TokenKind.Name && Current.Text is not ("else" or "or" or "and" or "is")))
            arguments = new([ParsePostfix(ParsePrimary())], []);
        else if (Current.IsName("is")) throw Wrong("tests cannot follow one another.");
        return TemplateTests.All.TryGetValue(name, out var test) ? new TestExpression(line, value, name, test, arguments, isNegated) : NotKnown(line, $"is {name}", "this test is not known.");
    }
}

namespace ModelZoo.Tests.Templates;

/// <summary>Templates from a grammar, with the mistakes that people make.</summary>
static class RandomTemplates
{
    static readonly string[] s_values =
    [
        "n", "f", "text", "empty", "none", "yes", "items_list", "people", "choices", "choices.text", "uni", "missing", "nested.a.b", "1", "0", "-2", "2.5", "'a b'", "''", "'3'",
        "[1, 2, 3]", "['b', 'a']", "{'k': 1}", "true", "(1, 2)", "people[0].name", "table", "lines",
    ];

    static readonly string[] s_names = [.. s_values.Where(value => char.IsAsciiLetterLower(value[0]) && value is not ("true" or "false" or "none"))];

    static readonly string[] s_filters =
    [
        "upper", "lower", "trim", "length", "first", "last", "string", "int", "float", "list", "sort", "join(',')", "default('d')", "capitalize", "title", "reverse|list", "abs", "sum",
        "map('string')|list", "unique|list", "replace('a', 'o')", "tojson", "round(1)", "max", "min", "wordcount", "truncate(8)", "indent(2)", "batch(2)|list", "select|list", "items|list",
    ];

    static readonly string[] s_methods =
        [".strip()", ".upper()", ".split()", ".split(' ', 1)", ".title()", ".replace('o', '0')", "[0]", "[-1]", "[1:]", "[::-1]", "[:2]", ".name", ".text", "['text']", ".find('a')", ".splitlines()", ".items()|list", ".get('text')", ".rsplit(None, 1)", ".capitalize()", ".count('a')"];

    static readonly string[] s_operators = ["+", "-", "*", "//", "/", "~", "==", "!=", "<", ">=", "and", "or", "in", "not in"];

    static readonly string[] s_tests = ["defined", "none", "string", "number", "iterable", "mapping", "sequence", "odd", "true", "integer", "in [1, 7]", "divisibleby(2)", "float", "boolean"];

    public static List<string> Make(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Part(random, 3))];

    static string Part(Random random, int depth)
    {
        if (depth == 0) return Pick(random, ["text", " ", "\n", "{{ n }}", "  {{- 1 -}} "]);
        string Inner() => string.Concat(Enumerable.Range(0, random.Next(1, 3)).Select(_ => Part(random, depth - 1)));
        string Open(string tag) => $"{{%{Pick(random, ["", "", "-"])} {tag} {Pick(random, ["", "", "-"])}%}}";
        return random.Next(9) switch
        {
            0 => $"{Open($"if {Value(random, 2)}")}{Inner()}{Open("else")}{Inner()}{Open("endif")}",
            1 => $"{Open($"for x in {Value(random, 1)}")}{{{{ loop.index }}}}{{{{ x }}}}{Inner()}{Open("endfor")}",
            2 => $"{Open($"set v = {Value(random, 2)}")}{{{{ v }}}}",
            3 => $"\n  {Inner()}\n",
            _ => $"{{{{ {Value(random, 3)} }}}}",
        };
    }

    static string Value(Random random, int depth)
    {
        if (depth == 0) return Pick(random, s_values);
        return random.Next(8) switch
        {
            0 or 1 => $"{Value(random, depth - 1)}|{Pick(random, s_filters)}",
            // Jinja looks into literals when it compiles, also where a template never gets to: names keep both at the same time.
            2 => $"{Pick(random, s_names)}{Pick(random, s_methods)}",
            3 => $"({Pick(random, s_names)} or {Value(random, depth - 1)}){Pick(random, s_methods)}",
            4 => $"{Value(random, depth - 1)} {Pick(random, s_operators)} {Value(random, depth - 1)}",
            // In brackets: Jinja takes whatever word follows a test, also an operator, for its argument.
            5 => $"({Value(random, depth - 1)} is {Pick(random, ["", "not "])}{Pick(random, s_tests)})",
            6 => $"({Value(random, depth - 1)} if {Value(random, depth - 1)} else {Value(random, depth - 1)})",
            _ => Value(random, 0),
        };
    }

    static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}

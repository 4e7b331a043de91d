using System.Collections.Frozen;

namespace ModelZoo.Inference.Templates;

/// <summary>Methods of texts, lists and mappings that templates may call. None changes its value.</summary>
static class TemplateMethods
{
    static readonly FrozenDictionary<string, Func<string, TemplateFunction>> s_texts = new Dictionary<string, Func<string, TemplateFunction>>
    {
        ["strip"] = text => (_, call) => PythonString.Strip(text, call.Takes("chars").FindText(0, "chars"), true, true),
        ["lstrip"] = text => (_, call) => PythonString.Strip(text, call.Takes("chars").FindText(0, "chars"), true, false),
        ["rstrip"] = text => (_, call) => PythonString.Strip(text, call.Takes("chars").FindText(0, "chars"), false, true),
        ["split"] = text => (run, call) => Split(run, call, text, PythonString.Split),
        ["rsplit"] = text => (run, call) => Split(run, call, text, PythonString.SplitFromEnd),
        ["splitlines"] = text => (run, call) => Counted(run, call, PythonString.Lines(text, call.Takes("keepends").Flag(run, 0, "keepends", false))),
        ["replace"] = text => (run, call) => Replace(run, call.Takes("old", "new", "count"), text, call.GetText(0, "old"), call.GetText(1, "new"), call.Whole(2, "count", -1)),
        ["startswith"] = text => (_, call) => Starts(call, text, atEnd: false),
        ["endswith"] = text => (_, call) => Starts(call, text, atEnd: true),
        ["removeprefix"] = text => (_, call) => call.GetText(0, "prefix") is { Length: > 0 } prefix && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text,
        ["removesuffix"] = text => (_, call) => call.GetText(0, "suffix") is { Length: > 0 } suffix && text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text,
        ["upper"] = text => (run, call) => Made(run, call.Takes(), PythonString.ToUpper(text)),
        ["lower"] = text => (run, call) => Made(run, call.Takes(), PythonString.ToLower(text)),
        ["casefold"] = text => (run, call) => Made(run, call.Takes(), PythonString.ToLower(text).Replace("ß", "ss").Replace('ς', 'σ')),
        ["title"] = text => (run, call) => Made(run, call.Takes(), PythonString.Title(text)),
        ["capitalize"] = text => (run, call) => Made(run, call.Takes(), PythonString.Capitalize(text)),
        ["swapcase"] = text => (run, call) => Made(run, call.Takes(), string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        ["index"] = text => (_, call) => Find(call, text, fromEnd: false) is >= 0 and var at ? at : throw call.Wrong("the text does not hold it."),
        ["find"] = text => (_, call) => Find(call, text, fromEnd: false),
        ["rindex"] = text => (_, call) => Find(call, text, fromEnd: true) is >= 0 and var at ? at : throw call.Wrong("the text does not hold it."),
        ["rfind"] = text => (_, call) => Find(call, text, fromEnd: true),
        ["count"] = text => (run, call) => Count(run, call.Takes("sub"), text),
        ["join"] = text => (run, call) => Join(run, call.Takes("iterable"), text, run.Items(call.Get(0, "iterable"), call.Line)),
        ["format"] = text => (run, call) => PythonFormat.Braces(run, text, call),
        ["zfill"] = text => (run, call) => Fill(run, call, text),
        ["center"] = text => (run, call) => Pad(run, call, text, 0),
        ["ljust"] = text => (run, call) => Pad(run, call, text, -1),
        ["rjust"] = text => (run, call) => Pad(run, call, text, 1),
        ["partition"] = text => (_, call) => Partition(call, text, fromEnd: false),
        ["rpartition"] = text => (_, call) => Partition(call, text, fromEnd: true),
        ["isdigit"] = text => (_, _) => text.Length > 0 && text.All(c => char.IsDigit(c) || c is '²' or '³' or '¹' or (>= '⁰' and <= '₉')),
        ["isdecimal"] = text => (_, _) => text.Length > 0 && text.All(char.IsDigit),
        ["isnumeric"] = text => (_, _) => text.Length > 0 && text.All(char.IsNumber),
        ["isalpha"] = text => (_, _) => text.Length > 0 && text.All(char.IsLetter),
        ["isalnum"] = text => (_, _) => text.Length > 0 && text.All(c => char.IsLetter(c) || char.IsNumber(c)),
        ["isspace"] = text => (_, _) => text.Length > 0 && text.All(PythonString.IsSpace),
        ["isupper"] = text => (_, _) => text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["islower"] = text => (_, _) => text.Any(char.IsLower) && !text.Any(char.IsUpper),
    }.ToFrozenDictionary();

    static readonly FrozenSet<string> s_others = new[] { "index", "count", "copy", "items", "keys", "values", "get", "cycle", "changed" }.ToFrozenSet();

    /// <summary>Whether any value has such a method: templates that call others are known to be unsupported before they run.</summary>
    public static bool IsKnown(string name) => s_texts.ContainsKey(name) || s_others.Contains(name);

    /// <summary>A method bound to its value; null when the value has none of this name.</summary>
    public static object? Find(object? value, string name)
    {
        switch (value)
        {
            case string text: return s_texts.TryGetValue(name, out var method) ? method(text) : null;
            case IReadOnlyList<object?> list:
                return name switch
                {
                    "index" => (TemplateFunction)((run, call) => IndexOf(run, call, list)),
                    "count" => (TemplateFunction)((run, call) => list.LongCount(item => TemplateOperators.AreEqual(run, TemplateOperators.Normal(item), call.Get(0, "value"), call.Line))),
                    "copy" when list is not TemplateTuple => (TemplateFunction)((_, _) => list),
                    "append" or "extend" or "insert" or "pop" or "remove" or "sort" or "reverse" or "clear" => (TemplateFunction)((_, call) => throw call.Unsupported("values cannot be changed.")),
                    _ => null,
                };
        }
        if (value is not (IReadOnlyDictionary<string, object?> or TemplateMap)) return null;
        return name switch
        {
            "items" => (TemplateFunction)((_, call) => new TemplateView("dict_items", [.. Pairs(call.Takes(), value).Select(pair => new TemplateTuple([pair.Key, TemplateOperators.Normal(pair.Value)]))])),
            "keys" => (TemplateFunction)((_, call) => new TemplateView("dict_keys", [.. Pairs(call.Takes(), value).Select(pair => pair.Key)])),
            "values" => (TemplateFunction)((_, call) => new TemplateView("dict_values", [.. Pairs(call.Takes(), value).Select(pair => TemplateOperators.Normal(pair.Value))])),
            "get" => (TemplateFunction)((_, call) => TemplateOperators.TryItem(value, call.Takes("key", "default").Get(0, "key"), out var item) ? TemplateOperators.Normal(item) : call.TryFind(1, "default", out var otherwise) ? otherwise : null),
            "copy" => (TemplateFunction)((_, _) => value),
            "update" or "pop" or "popitem" or "setdefault" or "clear" => (TemplateFunction)((_, call) => throw call.Unsupported("values cannot be changed.")),
            _ => null,
        };
    }

    static IReadOnlyList<KeyValuePair<object, object?>> Pairs(TemplateCall call, object? map) => TemplateOperators.PairsOf(map) ?? throw call.Wrong("it is no mapping.");

    static long IndexOf(TemplateRun run, TemplateCall call, IReadOnlyList<object?> list)
    {
        var sought = call.Takes("value").Get(0, "value");
        for (var i = 0; i < list.Count; i++)
            if (TemplateOperators.AreEqual(run, TemplateOperators.Normal(list[i]), sought, call.Line)) return i;
        throw call.Wrong("the list does not hold it.");
    }

    static string Made(TemplateRun run, TemplateCall call, string text)
    {
        run.Made(text.Length, call.Line);
        return text;
    }

    static List<object?> Counted(TemplateRun run, TemplateCall call, List<object?> items)
    {
        run.MadeItems(items.Count, call.Line);
        return items;
    }

    static List<object?> Split(TemplateRun run, TemplateCall call, string text, Func<string, string?, long, List<object?>> split)
    {
        var separator = call.Takes("sep", "maxsplit").FindText(0, "sep");
        if (separator is "") throw call.Wrong("the separator is empty.");
        return Counted(run, call, split(text, separator, call.Whole(1, "maxsplit", -1)));
    }

    internal static string Replace(TemplateRun run, TemplateCall call, string text, string old, string with, long count)
    {
        if (old.Length == 0) throw call.Unsupported("nothing cannot be replaced.");
        long found = 0;
        for (var at = text.IndexOf(old, StringComparison.Ordinal); at >= 0 && found != count; at = text.IndexOf(old, at + old.Length, StringComparison.Ordinal)) found++;
        if (found == 0) return text;
        run.Made(text.Length + found * ((long)with.Length - old.Length), call.Line);
        if (count < 0) return text.Replace(old, with, StringComparison.Ordinal);
        var output = new System.Text.StringBuilder();
        var from = 0;
        for (; found > 0; found--)
        {
            var at = text.IndexOf(old, from, StringComparison.Ordinal);
            output.Append(text, from, at - from).Append(with);
            from = at + old.Length;
        }
        return output.Append(text, from, text.Length - from).ToString();
    }

    static bool Starts(TemplateCall call, string text, bool atEnd)
    {
        if (call.Arguments.Count != 1) throw call.Unsupported("it takes one argument here.");
        return call.Arguments[0] switch
        {
            string part => Is(part),
            TemplateTuple parts => parts.OfType<string>().Any(Is),
            _ => throw call.Wrong("a text is expected."),
        };

        bool Is(string part) => atEnd ? text.EndsWith(part, StringComparison.Ordinal) : text.StartsWith(part, StringComparison.Ordinal);
    }

    static long Find(TemplateCall call, string text, bool fromEnd)
    {
        var sought = call.Takes("sub", "start").GetText(0, "sub");
        var start = call.Whole(1, "start", 0);
        if (start < 0) start = Math.Max(0, start + PythonString.Length(text));
        if (start > PythonString.Length(text)) return -1;
        var from = PythonString.OffsetOf(text, (int)start);
        var at = fromEnd ? text[from..].LastIndexOf(sought, StringComparison.Ordinal) : text[from..].IndexOf(sought, StringComparison.Ordinal);
        return at < 0 ? -1 : PythonString.PointOf(text, from + at);
    }

    static long Count(TemplateRun run, TemplateCall call, string text)
    {
        run.Step(call.Line, 1 + (text.Length >> 4));
        var sought = call.GetText(0, "sub");
        return sought.Length == 0 ? PythonString.Length(text) + 1 : text.AsSpan().Count(sought);
    }

    internal static string Join(TemplateRun run, TemplateCall call, string delimiter, IReadOnlyList<object?> items)
    {
        long length = 0;
        foreach (var item in items) length += delimiter.Length + (item as string ?? throw call.Wrong($"it joins texts, and there is {TemplateOperators.KindOf(TemplateOperators.Normal(item))}.")).Length;
        run.Made(length, call.Line);
        return string.Join(delimiter, items);
    }

    static string Fill(TemplateRun run, TemplateCall call, string text)
    {
        var width = call.Takes("width").Whole(0, "width", 0);
        run.Made(width, call.Line);
        var sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        var missing = (int)Math.Max(0, width - PythonString.Length(text));
        return text[..sign] + new string('0', missing) + text[sign..];
    }

    internal static string Pad(TemplateRun run, TemplateCall call, string text, int side)
    {
        var width = call.Takes("width", "fillchar").Whole(0, "width", 0);
        var fill = call.Text(1, "fillchar", " ");
        if (fill.Length != 1) throw call.Wrong("the filling is one character.");
        run.Made(width, call.Line);
        var missing = (int)Math.Max(0, width - PythonString.Length(text));
        // CPython puts the odd one to the left where the width is odd too (unicode_center_impl).
        var left = side < 0 ? 0 : side > 0 ? missing : missing / 2 + (missing & (int)width & 1);
        return new string(fill[0], left) + text + new string(fill[0], missing - left);
    }

    static TemplateTuple Partition(TemplateCall call, string text, bool fromEnd)
    {
        var separator = call.Takes("sep").GetText(0, "sep");
        if (separator.Length == 0) throw call.Wrong("the separator is empty.");
        var at = fromEnd ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0) return new(fromEnd ? ["", "", text] : [text, "", ""]);
        return new([text[..at], separator, text[(at + separator.Length)..]]);
    }
}

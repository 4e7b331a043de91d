using System.Text;

namespace ModelZoo.Inference.Templates;

/// <summary>Python's operators over a template's values. Whole numbers stay below 2^63.</summary>
static class TemplateOperators
{
    const int MaxDepth = 64;

    public static string KindOf(object? value) => value switch
    {
        null => "none",
        string => "a text",
        bool => "a flag",
        long => "a whole number",
        double => "a number",
        Undefined undefined => undefined.What,
        TemplateTuple => "a tuple",
        IReadOnlyList<object?> => "a list",
        IReadOnlyDictionary<string, object?> or TemplateMap => "a mapping",
        TemplateFunction => "a function",
        TemplateNamespace => "a namespace",
        _ => "a value",
    };

    /// <summary>Values from outside in the kinds that templates know.</summary>
    public static object? Normal(object? value) => value switch
    {
        int number => (long)number,
        short number => (long)number,
        byte number => (long)number,
        uint number => (long)number,
        float number => (double)number,
        decimal number => (double)number,
        ReadOnlyMemory<byte> => throw new TemplateException(TemplateFault.Value, 0, "bytes", "a file's bytes have no text."),
        string[] texts => Array.ConvertAll(texts, object? (text) => text),
        _ => value,
    };

    static bool TryWhole(object? value, out long number)
    {
        number = value is long whole ? whole : value is true ? 1 : 0;
        return value is long or bool;
    }

    static bool TryReal(object? value, out double number)
    {
        number = value switch
        {
            long whole => whole,
            double real => real,
            true => 1,
            _ => 0,
        };
        return value is long or double or bool;
    }

    public static object? Apply(TemplateRun run, string op, object? a, object? b, int line)
    {
        if (a is Undefined || b is Undefined) throw TemplateRun.Missing((a as Undefined ?? b as Undefined)!, line);
        try
        {
            if (TryWhole(a, out var x) && TryWhole(b, out var y) && WholeOf(op, x, y, line) is { } whole) return whole;
        }
        catch (OverflowException)
        {
            throw new TemplateException(TemplateFault.Limit, line, $"'{op}'", "whole numbers stay below 2^63.");
        }
        if (TryReal(a, out var p) && TryReal(b, out var q)) return RealOf(op, p, q, line);
        switch (op, a, b)
        {
            case ("+", string one, string other):
                run.Made((long)one.Length + other.Length, line);
                return one + other;
            case ("+", TemplateTuple one, TemplateTuple other):
                run.MadeItems((long)one.Count + other.Count, line);
                return new TemplateTuple([.. one, .. other]);
            case ("+", IReadOnlyList<object?> one and not TemplateTuple, IReadOnlyList<object?> other and not TemplateTuple):
                run.MadeItems((long)one.Count + other.Count, line);
                return (List<object?>)[.. one, .. other];
            case ("*", string text, long or bool): return Repeat(run, text, b, line);
            case ("*", long or bool, string text): return Repeat(run, text, a, line);
            case ("*", IReadOnlyList<object?> list, long or bool): return Repeat(run, list, b, line);
            case ("*", long or bool, IReadOnlyList<object?> list): return Repeat(run, list, a, line);
            case ("%", string format, _): return PythonFormat.Percent(run, format, b, line);
        }
        throw new TemplateException(TemplateFault.Value, line, $"'{op}'", $"it does not take {KindOf(a)} and {KindOf(b)}.");
    }

    /// <summary>Null where the result is no whole number.</summary>
    static object? WholeOf(string op, long x, long y, int line) => op switch
    {
        "+" => checked(x + y),
        "-" => checked(x - y),
        "*" => checked(x * y),
        "//" => y == 0 ? throw ByZero(op, line) : checked(x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0)),
        "%" => y == 0 ? throw ByZero(op, line) : y == -1 ? 0 : (x % y + y) % y,
        "**" when y >= 0 => Power(x, y),
        _ => null,
    };

    static long Power(long x, long y)
    {
        long result = 1;
        for (; y > 0; y >>= 1)
        {
            if ((y & 1) != 0) result = checked(result * x);
            if (y > 1) x = x is 0 or 1 or -1 ? x * x : checked(x * x);
        }
        return result;
    }

    static double RealOf(string op, double p, double q, int line) => op switch
    {
        "+" => p + q,
        "-" => p - q,
        "*" => p * q,
        "/" => q == 0 ? throw ByZero(op, line) : p / q,
        "//" => q == 0 ? throw ByZero(op, line) : Math.Floor(p / q),
        "%" => q == 0 ? throw ByZero(op, line) : p - Math.Floor(p / q) * q,
        _ => p == 0 && q < 0 ? throw ByZero(op, line) : Math.Pow(p, q) is var power && double.IsNaN(power) ? throw new TemplateException(TemplateFault.Value, line, $"'{op}'", "the result is no number.") : power,
    };

    static TemplateException ByZero(string op, int line) => new(TemplateFault.Value, line, $"'{op}'", "division by zero.");

    static string Repeat(TemplateRun run, string text, object? times, int line)
    {
        TryWhole(times, out var count);
        if (count <= 0 || text.Length == 0) return "";
        run.Made(count > int.MaxValue ? long.MaxValue : text.Length * count, line);
        return new StringBuilder().Insert(0, text, (int)count).ToString();
    }

    static object Repeat(TemplateRun run, IReadOnlyList<object?> list, object? times, int line)
    {
        TryWhole(times, out var count);
        run.MadeItems(count <= 0 || list.Count == 0 ? 0 : count > int.MaxValue ? long.MaxValue : list.Count * count, line);
        var items = new List<object?>();
        for (; count > 0 && list.Count > 0; count--) items.AddRange(list);
        return list is TemplateTuple ? new TemplateTuple(items) : items;
    }

    public static bool AreEqual(TemplateRun run, object? a, object? b, int line, int depth = 0)
    {
        run.Step(line);
        if (depth > MaxDepth) throw new TemplateException(TemplateFault.Limit, line, "'=='", $"values are nested more than {MaxDepth} deep.");
        if ((a as Undefined ?? b as Undefined) is { } missing && run.IsError(missing)) throw TemplateRun.Missing(missing, line);
        switch (a, b)
        {
            case (long x, long y): return x == y;
            case (long or bool or double, long or bool or double): return TryReal(a, out var p) && TryReal(b, out var q) && p.Equals(q);
            case (string x, string y): return x == y;
            case (Undefined, Undefined) or (null, null): return true;
            case (IReadOnlyList<object?> x, IReadOnlyList<object?> y):
                if (x is TemplateTuple != y is TemplateTuple || x.Count != y.Count) return false;
                for (var i = 0; i < x.Count; i++)
                    if (!AreEqual(run, Normal(x[i]), Normal(y[i]), line, depth + 1)) return false;
                return true;
        }
        if (PairsOf(a) is not { } one || PairsOf(b) is not { } other) return ReferenceEquals(a, b);
        return one.Count == other.Count && one.All(pair => TryItem(b, pair.Key, out var value) && AreEqual(run, Normal(pair.Value), Normal(value), line, depth + 1));
    }

    /// <summary>The entries of a mapping; null when it is none.</summary>
    public static IReadOnlyList<KeyValuePair<object, object?>>? PairsOf(object? value) => value switch
    {
        TemplateMap map => map.Pairs,
        IReadOnlyDictionary<string, object?> map => [.. map.Select(pair => new KeyValuePair<object, object?>(pair.Key, pair.Value))],
        _ => null,
    };

    public static bool TryItem(object? map, object? key, out object? value)
    {
        value = null;
        if (map is TemplateMap made) return key is string or long or double or bool && made.TryGet(key, out value);
        return map is IReadOnlyDictionary<string, object?> given && key is string name && given.TryGetValue(name, out value);
    }

    public static int Compare(TemplateRun run, object? a, object? b, int line, int depth = 0)
    {
        run.Step(line);
        if (depth > MaxDepth) throw new TemplateException(TemplateFault.Limit, line, "a comparison", $"values are nested more than {MaxDepth} deep.");
        if (b is Undefined absent) throw TemplateRun.Missing(absent, line);
        if (a is Undefined missing) throw TemplateRun.Missing(missing, line);
        if (a is long x && b is long y) return x.CompareTo(y);
        if (TryReal(a, out var p) && TryReal(b, out var q)) return p.CompareTo(q);
        if (a is string one && b is string other) return PythonString.Compare(one, other);
        if (a is not IReadOnlyList<object?> first || b is not IReadOnlyList<object?> second)
            throw new TemplateException(TemplateFault.Value, line, "a comparison", $"{KindOf(a)} and {KindOf(b)} have no order.");
        for (var i = 0; i < first.Count && i < second.Count; i++)
            if (!AreEqual(run, Normal(first[i]), Normal(second[i]), line)) return Compare(run, Normal(first[i]), Normal(second[i]), line, depth + 1);
        return first.Count.CompareTo(second.Count);
    }

    public static bool Contains(TemplateRun run, object? container, object? item, int line)
    {
        switch (container)
        {
            case string text:
                run.Step(line, 1 + (text.Length >> 5));
                return item is string part ? text.Contains(part, StringComparison.Ordinal) : throw new TemplateException(TemplateFault.Value, line, "'in'", $"a text holds no {KindOf(item)}.");
            case IReadOnlyDictionary<string, object?> or TemplateMap: return TryItem(container, item, out _);
            case null or long or double or bool: throw new TemplateException(TemplateFault.Value, line, "'in'", $"{KindOf(container)} holds nothing.");
        }
        foreach (var candidate in run.Items(container, line))
            if (AreEqual(run, Normal(candidate), item, line)) return true;
        return false;
    }

    /// <summary><c>value[key]</c>.</summary>
    public static object? Item(TemplateRun run, object? value, object? key, int line)
    {
        switch (value)
        {
            case Undefined undefined: throw TemplateRun.Missing(undefined, line);
            case IReadOnlyDictionary<string, object?> or TemplateMap when TryItem(value, key, out var found): return Normal(found);
            case string text when TryWhole(key, out var index):
                var length = PythonString.Length(text);
                if (index < 0) index += length;
                if (index < 0 || index >= length) return new Undefined($"the character {index}");
                var at = PythonString.OffsetOf(text, (int)index);
                return text.Substring(at, char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1);
            case IReadOnlyList<object?> list when TryWhole(key, out var index):
                if (index < 0) index += list.Count;
                return index < 0 || index >= list.Count ? new Undefined($"the item {index}") : Normal(list[(int)index]);
        }
        return key is string name ? TemplateMethods.Find(value, name) ?? new Undefined($"'{name}'") : new Undefined($"an item of {KindOf(value)}");
    }

    /// <summary><c>value.name</c>: what Python calls an attribute first, then an item.</summary>
    public static object? Attribute(object? value, string name, int line) => value switch
    {
        Undefined undefined => throw TemplateRun.Missing(undefined, line),
        TemplateNamespace made => made.Fields.TryGetValue(name, out var field) ? field : new Undefined($"'{name}'"),
        LoopState loop => loop.Find(name) ?? new Undefined($"'loop.{name}'"),
        _ => TemplateMethods.Find(value, name) ?? (TryItem(value, name, out var item) ? Normal(item) : new Undefined($"'{name}'")),
    };

    /// <summary><c>value[start:stop:step]</c>.</summary>
    public static object Slice(TemplateRun run, object? value, long? start, long? stop, long? step, int line)
    {
        if (value is Undefined undefined) throw TemplateRun.Missing(undefined, line);
        var items = value switch
        {
            string { } text when PythonString.IsPlain(text) => null,
            string text => PythonString.Characters(text),
            IReadOnlyList<object?> list => list,
            _ => [],
        };
        if (value is not (string or IReadOnlyList<object?>)) return new Undefined($"a slice of {KindOf(value)}");
        long count = items?.Count ?? ((string)value).Length;
        var by = step ?? 1;
        if (by == 0) throw new TemplateException(TemplateFault.Value, line, "a slice", "the step is 0.");
        var from = Bound(start, by > 0 ? 0 : count - 1);
        var to = Bound(stop, by > 0 ? count : -1);
        if (items is null && by == 1)
        {
            var part = to > from ? ((string)value)[(int)from..(int)to] : "";
            run.Made(part.Length, line);
            return part;
        }
        items ??= PythonString.Characters((string)value);
        var picked = new List<object?>();
        for (var at = from; by > 0 ? at < to : at > to; at += by) picked.Add(items[(int)at]);
        run.MadeItems(picked.Count, line);
        return value is string ? string.Concat(picked) : value is TemplateTuple ? new TemplateTuple(picked) : picked;

        long Bound(long? bound, long otherwise)
        {
            if (bound is not { } at) return otherwise;
            if (at < 0) at = Math.Max(at + count, by > 0 ? 0 : -1);
            return Math.Min(at, by > 0 ? count : count - 1);
        }
    }
}

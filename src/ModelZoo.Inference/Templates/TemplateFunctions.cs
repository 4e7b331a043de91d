using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Templates;

/// <summary>Functions that templates find without being given them.</summary>
static class TemplateFunctions
{
    /// <summary>Jinja's sandbox has the same bound.</summary>
    const int MaxRange = 100_000;

    public static FrozenDictionary<string, TemplateFunction> Plain { get; } = new Dictionary<string, TemplateFunction>
    {
        ["range"] = Range,
        ["dict"] = Dict,
        ["namespace"] = Namespace,
    }.ToFrozenDictionary();

    /// <summary>What transformers adds for chat templates.</summary>
    public static FrozenDictionary<string, TemplateFunction> Chat { get; } = new Dictionary<string, TemplateFunction>(Plain)
    {
        ["raise_exception"] = (run, call) => throw new TemplateException(TemplateFault.Raised, call.Line, call.Name, run.Text(call.Get(0, "message"), call.Line)),
        ["strftime_now"] = (run, call) => Time(call, run.Now, call.GetText(0, "format")),
    }.ToFrozenDictionary();

    static List<object?> Range(TemplateRun run, TemplateCall call)
    {
        if (call.Arguments.Count is 0 or > 3 || call.Named.Count > 0) throw call.Wrong("it takes one to three numbers.");
        var start = call.Arguments.Count == 1 ? 0 : call.Whole(0, "start", 0);
        var stop = call.Arguments.Count == 1 ? call.Whole(0, "stop", 0) : call.Whole(1, "stop", 0);
        var step = call.Whole(2, "step", 1);
        if (step == 0) throw call.Wrong("the step is 0.");
        var items = new List<object?>();
        for (var at = (Int128)start; step > 0 ? at < stop : at > stop; at += step)
        {
            if (items.Count >= MaxRange) throw new TemplateException(TemplateFault.Limit, call.Line, call.Name, $"it would have more than {MaxRange} items.");
            items.Add((long)at);
        }
        run.MadeItems(items.Count, call.Line);
        return items;
    }

    static TemplateMap Dict(TemplateRun run, TemplateCall call)
    {
        var map = new TemplateMap();
        if (call.Arguments.Count > 0) Fill(call, call.Arguments[0], map.Set);
        foreach (var (key, value) in call.Named) map.Set(key, value);
        return map;
    }

    static TemplateNamespace Namespace(TemplateRun run, TemplateCall call)
    {
        var made = new TemplateNamespace();
        if (call.Arguments.Count > 0) Fill(call, call.Arguments[0], (key, value) => made.Fields[key as string ?? throw call.Wrong("names are texts.")] = value);
        foreach (var (key, value) in call.Named) made.Fields[key] = value;
        return made;
    }

    static void Fill(TemplateCall call, object? from, Action<object, object?> set)
    {
        foreach (var (key, value) in TemplateOperators.PairsOf(from) ?? throw call.Unsupported("only a mapping can be copied.")) set(key, TemplateOperators.Normal(value));
    }

    /// <summary>C's <c>strftime</c> in English, without what depends on the place.</summary>
    static string Time(TemplateCall call, DateTimeOffset now, string format)
    {
        var output = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                output.Append(format[at]);
                continue;
            }
            var isBare = format[++at] == '-' && at + 1 < format.Length;      // %-d: without the zero, as glibc has it
            if (isBare) at++;
            var text = format[at] switch
            {
                'd' => now.ToString("dd", CultureInfo.InvariantCulture),
                'm' => now.ToString("MM", CultureInfo.InvariantCulture),
                'Y' => now.ToString("yyyy", CultureInfo.InvariantCulture),
                'y' => now.ToString("yy", CultureInfo.InvariantCulture),
                'b' or 'h' => now.ToString("MMM", CultureInfo.InvariantCulture),
                'B' => now.ToString("MMMM", CultureInfo.InvariantCulture),
                'a' => now.ToString("ddd", CultureInfo.InvariantCulture),
                'A' => now.ToString("dddd", CultureInfo.InvariantCulture),
                'H' => now.ToString("HH", CultureInfo.InvariantCulture),
                'I' => now.ToString("hh", CultureInfo.InvariantCulture),
                'M' => now.ToString("mm", CultureInfo.InvariantCulture),
                'S' => now.ToString("ss", CultureInfo.InvariantCulture),
                'p' => now.ToString("tt", CultureInfo.InvariantCulture),
                'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                'F' => now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                'T' => now.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
                '%' => "%",
                _ => throw call.Unsupported($"the code '%{format[at]}' is not known here."),
            };
            output.Append(isBare && text.Length > 1 ? text.TrimStart('0') : text);
        }
        return output.ToString();
    }
}

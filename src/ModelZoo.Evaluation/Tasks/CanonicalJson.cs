using System.Security.Cryptography;
using System.Text;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Tasks;

/// <summary>
/// Plain values as JSON in one form only: keys sorted by code point, no blanks, UTF-8, numbers as Python writes them. It is what
/// <c>json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)</c> gives, so others can compute the same digest.
/// </summary>
public static class CanonicalJson
{
    public static string Write(object? value)
    {
        var output = new StringBuilder();
        Add(output, value, 0);
        return output.ToString();
    }

    /// <summary>SHA-256 of the text, 64 lowercase hex digits.</summary>
    public static string Digest(object? value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Write(value))));

    static void Add(StringBuilder output, object? value, int depth)
    {
        if (depth > 100) throw new EvaluationException("A value is nested more than 100 deep.");
        switch (value)
        {
            case null: output.Append("null"); break;
            case bool flag: output.Append(flag ? "true" : "false"); break;
            case double number when double.IsNaN(number): output.Append("NaN"); break;
            case double number when double.IsInfinity(number): output.Append(number > 0 ? "Infinity" : "-Infinity"); break;
            case long or int or double: output.Append(PythonText.Of(value)); break;
            case string text: AddText(output, text); break;
            case IReadOnlyDictionary<string, object?> map:
                output.Append('{');
                var isFirst = true;
                foreach (var (key, item) in map.OrderBy(pair => pair.Key, Comparer<string>.Create(ByCodePoint)))
                {
                    if (!isFirst) output.Append(',');
                    isFirst = false;
                    AddText(output, key);
                    output.Append(':');
                    Add(output, item, depth + 1);
                }
                output.Append('}');
                break;
            case IEnumerable<object?> list:
                output.Append('[');
                var start = output.Length;
                foreach (var item in list)
                {
                    if (output.Length > start) output.Append(',');
                    Add(output, item, depth + 1);
                }
                output.Append(']');
                break;
            default: throw new EvaluationException($"A value of the kind {value.GetType().Name} has no JSON.");
        }
    }

    /// <summary>UTF-16 sorts characters beyond U+FFFF before those from U+E000.</summary>
    static int ByCodePoint(string a, string b)
    {
        for (var at = 0; at < a.Length && at < b.Length; at++)
        {
            if (a[at] == b[at]) continue;
            var (one, other) = (char.IsSurrogate(a[at]), char.IsSurrogate(b[at]));
            return one == other ? a[at].CompareTo(b[at]) : one ? 1 : -1;
        }
        return a.Length.CompareTo(b.Length);
    }

    static void AddText(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"' or '\\': output.Append('\\').Append(c); break;
                case '\n': output.Append("\\n"); break;
                case '\r': output.Append("\\r"); break;
                case '\t': output.Append("\\t"); break;
                case '\b': output.Append("\\b"); break;
                case '\f': output.Append("\\f"); break;
                case < ' ': output.Append("\\u").Append(((int)c).ToString("x4")); break;
                default: output.Append(c); break;
            }
        }
        output.Append('"');
    }
}

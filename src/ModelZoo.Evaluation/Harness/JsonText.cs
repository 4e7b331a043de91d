using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Evaluation.Data;

namespace ModelZoo.Evaluation.Harness;

/// <summary>
/// Plain values as Python's <c>json.dumps(value, ensure_ascii=False)</c> writes them, so that lines and hashes of sample files are those of
/// lm-evaluation-harness. What JSON does not have stands as its shape and digest.
/// </summary>
static class JsonText
{
    static readonly SearchValues<char> s_escaped = SearchValues.Create([.. "\"\\", .. Enumerable.Range(0, 32).Select(i => (char)i)]);

    /// <summary>SHA-256 of a document as lm-evaluation-harness hashes it: with an indent of two.</summary>
    public static string HashOf(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, indent: 2, depth: 0);
        return HashOf(text.ToString());
    }

    public static string HashOf(string text)
    {
        var length = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = ArrayPool<byte>.Shared.Rent(length);
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)), digest);
        ArrayPool<byte>.Shared.Return(rented);
        return Convert.ToHexStringLower(digest);
    }

    public static void Append(StringBuilder text, object? value, int indent = 0, int depth = 0)
    {
        switch (value)
        {
            case null: text.Append("null"); break;
            case string s: AppendText(text, s); break;
            case bool flag: text.Append(flag ? "true" : "false"); break;
            case int number: text.Append(CultureInfo.InvariantCulture, $"{number}"); break;
            case long number: text.Append(CultureInfo.InvariantCulture, $"{number}"); break;
            case double number: text.Append(Real(number)); break;
            case float number: text.Append(Real(number)); break;
            case ReadOnlyMemory<byte> bytes: Append(text, Digest("bytes", bytes.Length, bytes.Span), indent, depth); break;
            case NumberArray array:
                Append(text, Digest("shape", array.Shape.Select(axis => (object?)(long)axis).ToList(), System.Runtime.InteropServices.MemoryMarshal.AsBytes(array.Values.Span)), indent, depth);
                break;
            case IReadOnlyDictionary<string, object?> map: AppendMap(text, map, indent, depth); break;
            case IEnumerable<string> texts: AppendList(text, texts, indent, depth); break;
            case IEnumerable<object?> list: AppendList(text, list, indent, depth); break;
            case IEnumerable<double> numbers: AppendList(text, numbers.Select(number => (object?)number), indent, depth); break;
            case IEnumerable<int> numbers: AppendList(text, numbers.Select(number => (object?)number), indent, depth); break;
            default: AppendText(text, value.ToString() ?? ""); break;
        }
    }

    static Dictionary<string, object?> Digest(string key, object? size, ReadOnlySpan<byte> bytes) => new(2) { [key] = size, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) };

    static void AppendMap(StringBuilder text, IReadOnlyDictionary<string, object?> map, int indent, int depth)
    {
        text.Append('{');
        var isFirst = true;
        foreach (var (key, item) in map)
        {
            Separate(text, isFirst, indent, depth + 1);
            isFirst = false;
            AppendText(text, key);
            text.Append(": ");
            Append(text, item, indent, depth + 1);
        }
        Close(text, isFirst, '}', indent, depth);
    }

    static void AppendList(StringBuilder text, IEnumerable<object?> list, int indent, int depth)
    {
        text.Append('[');
        var isFirst = true;
        foreach (var item in list)
        {
            Separate(text, isFirst, indent, depth + 1);
            isFirst = false;
            Append(text, item, indent, depth + 1);
        }
        Close(text, isFirst, ']', indent, depth);
    }

    static void Separate(StringBuilder text, bool isFirst, int indent, int depth)
    {
        if (indent == 0)
        {
            if (!isFirst) text.Append(", ");
            return;
        }
        text.Append(isFirst ? "\n" : ",\n").Append(' ', indent * depth);
    }

    static void Close(StringBuilder text, bool isEmpty, char end, int indent, int depth)
    {
        if (indent > 0 && !isEmpty) text.Append('\n').Append(' ', indent * depth);
        text.Append(end);
    }

    static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        var rest = value.AsSpan();
        for (int at; (at = rest.IndexOfAny(s_escaped)) >= 0; rest = rest[(at + 1)..])
        {
            text.Append(rest[..at]);
            _ = rest[at] switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                var other => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)other:x4}"),
            };
        }
        text.Append(rest).Append('"');
    }

    /// <summary>As Python's <c>repr</c>; what JSON cannot say is null.</summary>
    public static string Real(double number) => double.IsFinite(number) ? Repr(number) : "null";

    static string Real(float number)
    {
        if (!float.IsFinite(number)) return "null";
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return Python(text, text.Contains('.', StringComparison.Ordinal) || text.Contains('E', StringComparison.Ordinal));
    }

    /// <summary>As Python's <c>str(float)</c>: what <c>resps</c> of sample files hold.</summary>
    public static string Repr(double number)
    {
        if (!double.IsFinite(number)) return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        // Only far from 1 do the two differ in notation.
        return text.Contains('E', StringComparison.Ordinal) ? Inference.Templates.PythonText.Of(number) : text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    static string Python(string text, bool isReal)
    {
        var e = text.IndexOf('E');
        if (e < 0) return isReal ? text : text + ".0";
        var digits = text[(e + 2)..];
        return $"{text[..e]}e{text[e + 1]}{(digits.Length < 2 ? "0" : "")}{digits}";
    }
}

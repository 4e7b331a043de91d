using System.Reflection;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

/// <summary>Fills a record with text that tries to be markup, in every place that takes text.</summary>
static class Hostile
{
    public const string Text = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{7*7}}";

    public static object Fill(Type type, int depth = 0)
    {
        if (depth > 12) throw new InvalidOperationException($"{type} nests too deeply to fill.");
        if (Nullable.GetUnderlyingType(type) is { } inner) return Fill(inner, depth);
        if (type == typeof(string)) return Text;
        if (type == typeof(bool)) return true;
        if (type == typeof(int)) return 3;
        if (type == typeof(long)) return 1_234_567L;
        if (type == typeof(double)) return 0.5;
        if (type == typeof(DateTimeOffset)) return Samples.Now.AddHours(-2);
        if (type == typeof(Href)) return Href.Local("/somewhere");
        if (type == typeof(SanitisedHtml)) return SanitisedHtml.FromSanitiser("<p>let through</p>");
        if (type == typeof(AssetLinks)) return Samples.Frame().Assets;
        if (type == typeof(KeyValuePair<string, string>)) return new KeyValuePair<string, string>(Text, Text);
        if (type == typeof(IReadOnlyDictionary<string, string>)) return s_fields.ToDictionary(name => name, _ => Text);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var of = type.GetGenericArguments()[0];
            var list = Array.CreateInstance(of, 2);
            for (var i = 0; i < 2; i++) list.SetValue(Fill(of, depth + 1), i);
            return list;
        }
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => Fill(p.ParameterType, depth + 1))]);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null))
            property.SetValue(made, Fill(property.PropertyType, depth + 1));
        return made;
    }

    static readonly string[] s_fields = ["name", "handle", "text", "message", "description", "files", "kind", "visibility", "code", "folder"];
}

using System.Globalization;
using System.Reflection;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Tests.Operations;

public sealed class ConfigurationDocumentTests
{
    [Fact]
    public async Task Every_option_stands_in_docs_configuration_with_its_variable_and_default_and_no_other_does()
    {
        var rows = (await File.ReadAllLinesAsync(Documents.Find("configuration.md")))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray())
            .Where(cells => cells.Length == 5)
            .ToDictionary(cells => cells[0].Trim('`'));

        var options = Options(typeof(HubOptions), new HubOptions(), "").ToList();

        Assert.Equal(options.Select(option => option.Key).Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, standard) in options)
        {
            Assert.Equal($"`MODELZOO_{key.Replace(":", "__").ToUpperInvariant()}`", rows[key][1]);
            Assert.Equal((key, standard), (key, rows[key][3].Trim('`')));
            Assert.NotEmpty(rows[key][2]);
            Assert.NotEmpty(rows[key][4]);
        }
    }

    static IEnumerable<(string Key, string Default)> Options(Type type, object instance, string prefix)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var value = property.GetValue(instance);
            if (property.PropertyType.Assembly == typeof(HubOptions).Assembly && property.PropertyType is { IsEnum: false })
                foreach (var nested in Options(property.PropertyType, value!, $"{prefix}{property.Name}:")) yield return nested;
            else
                yield return ($"{prefix}{property.Name}", value switch
                {
                    null or "" or System.Collections.IDictionary { Count: 0 } => "",
                    bool flag => flag ? "true" : "false",
                    StorageKind kind => kind.ToString().ToLowerInvariant(),
                    _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
                });
        }
    }
}

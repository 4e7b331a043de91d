using System.Diagnostics;
using System.Text.Json;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Tests.Templates;

/// <summary>Against Jinja2 itself: committed expectations, and the program where it is here.</summary>
public sealed class TemplateTests
{
    static readonly DateTimeOffset s_now = new(2024, 7, 26, 15, 4, 5, TimeSpan.Zero);

    static string Folder => Path.Combine(AppContext.BaseDirectory, "Templates");

    [Fact]
    public void Every_template_gives_what_Jinja_gives()
    {
        var cases = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "cases.json"))).RootElement;
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json"))).RootElement;
        var wrong = Compare(cases, expected, out var refused);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(refused.Count <= 2, $"refused although Jinja takes them: {string.Join("\n", refused)}");
    }

    [Fact]
    public void The_committed_expectations_are_those_of_the_Jinja_that_is_here()
    {
        var output = Python(File.ReadAllText(Path.Combine(Folder, "cases.json")));
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, "expected.json")), output);
    }

    [Fact]
    public void Random_templates_give_what_Jinja_gives()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MODELZOO_SEED"), out var given) ? given : 20261121;
        var random = new Random(seed);
        var made = RandomTemplates.Make(random, 3000);
        var values = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "cases.json"))).RootElement.GetProperty("values");
        var input = JsonSerializer.Serialize(new { values, cases = made.Select(template => new { dialect = template.Length % 2 == 0 ? "task" : "chat", values = "document", template }) });
        var wrong = Compare(JsonDocument.Parse(input).RootElement, JsonDocument.Parse(Python(input)).RootElement, out _);
        Assert.True(wrong.Count == 0, $"seed {seed}\n{string.Join("\n", wrong.Take(20))}");
    }

    /// <summary>Chat templates of published models, where a folder of them is here.</summary>
    [Fact]
    public void Chat_templates_in_a_folder_give_what_Jinja_gives()
    {
        var folder = Environment.GetEnvironmentVariable("MODELZOO_CHAT_TEMPLATES");
        if (folder is null || !Directory.Exists(folder)) Assert.Skip("Set MODELZOO_CHAT_TEMPLATES to a folder of .jinja files.");
        var values = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "cases.json"))).RootElement.GetProperty("values");
        var templates = Directory.GetFiles(folder!, "*.jinja").Order(StringComparer.Ordinal).Select(File.ReadAllText).ToList();
        var input = JsonSerializer.Serialize(new { values, cases = templates.SelectMany(template => new[] { "chat", "tools" }.Select(set => new { dialect = "chat", values = set, template })) });
        var expected = JsonDocument.Parse(Python(input)).RootElement;
        var wrong = Compare(JsonDocument.Parse(input).RootElement, expected, out var refused);
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(refused.Count == 0, string.Join("\n", refused));
        TestContext.Current.SendDiagnosticMessage($"{templates.Count} templates, {expected.EnumerateArray().Count(result => result.TryGetProperty("text", out _))} of {2 * templates.Count} conversations rendered");
    }

    static List<string> Compare(JsonElement cases, JsonElement expected, out List<string> refused)
    {
        var wrong = new List<string>();
        refused = [];
        var values = cases.GetProperty("values").EnumerateObject().ToDictionary(pair => pair.Name, pair => (IReadOnlyDictionary<string, object?>)Plain(pair.Value)!);
        foreach (var (one, want) in cases.GetProperty("cases").EnumerateArray().Zip(expected.EnumerateArray()))
        {
            var text = want.TryGetProperty("text", out var shown) ? shown.GetString() : null;
            var dialect = one.GetProperty("dialect").GetString() == "chat" ? TemplateDialect.Chat : TemplateDialect.Task;
            var source = one.GetProperty("template").GetString()!;
            try
            {
                var got = Template.Parse(source, dialect).Render(values[one.GetProperty("values").GetString()!], s_now);
                if (got != text) wrong.Add($"{source}\n  gave {got}\n  not  {text ?? want.ToString()}");
            }
            catch (TemplateException e) when (text is null || e.Fault is TemplateFault.Unsupported or TemplateFault.Limit || IsFolded(source, e))
            {
                if (text is not null) refused.Add(source);
            }
            catch (TemplateException e)
            {
                wrong.Add($"{source}\n  threw {e.Message}\n  not   {text}");
            }
        }
        return wrong;
    }

    /// <summary>Jinja computes slices of constants while it compiles, and takes what has no parts for undefined; elsewhere, and here, that is an error.</summary>
    static bool IsFolded(string source, TemplateException e) => e.Construct == "a slice" && source.Contains(':');

    internal static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) && !value.GetRawText().Contains('.') ? whole : (object)value.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(pair => pair.Name, pair => Plain(pair.Value)),
        _ => null,
    };

    static string Python(string input)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", [Path.Combine(Folder, "jinja_reference.py")]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(input);
                process.StandardInput.Close();
            }
            catch (IOException) { }     // it ended before it read
            process.WaitForExit();
            if (process.ExitCode != 0 && errors.Result.Contains("No module named 'jinja2'")) Assert.Skip("Python has no Jinja2 here: install python3-jinja2.");
            Assert.True(process.ExitCode == 0, errors.Result);
            return output.Result;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no python3 here.");
            throw;
        }
    }
}

using System.Text.Json;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Tests.Templates;

namespace ModelZoo.Tests.Evaluation;

/// <summary>
/// Shipped tasks against what lm-evaluation-harness's own code (commit 4e7e0d4) asks for the same made-up documents, with and without examples, byte for byte:
/// <c>vectors/prompts.json</c>.
/// </summary>
public sealed class PromptReferenceTests
{
    [Fact]
    public void Prompts_of_shipped_tasks_are_those_of_lm_evaluation_harness()
    {
        var documents = 0;
        foreach (var one in JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Evaluation", "vectors", "prompts.json"))).RootElement.EnumerateArray())
        {
            var task = SuiteCatalogue.Library.FindTask(one.GetProperty("task").GetString()!)!;
            var settings = new PromptSettings { NumFewshot = one.GetProperty("shots").GetInt32() };
            var splits = one.GetProperty("data").EnumerateObject().ToDictionary(split => split.Name,
                split => split.Value.EnumerateArray().Select((row, index) => new Document(index, $"{index}", (IReadOnlyDictionary<string, object?>)TemplateTests.Plain(row)!)).ToList());
            var builder = new PromptBuilder(task, settings, PromptBuilder.FindExampleSplit(task, settings) is { } source ? splits[source] : null);
            var measured = splits.TryGetValue(task.EvaluatedSplit!, out var named) ? named : splits["validation"];
            foreach (var (document, expected) in measured.Zip(one.GetProperty("expected").EnumerateArray()))
            {
                documents++;
                var prompt = builder.Build(document);
                Assert.Equal(expected.GetProperty("requests").EnumerateArray().Select(Shown), prompt.Requests.Take(task.Repeats == 1 ? int.MaxValue : 1).Select(Shown));
                if (prompt is ChoicePrompt choice && task.Name is not ("multirc" or "copa" or "truthfulqa_mc2") && expected.GetProperty("target") is { ValueKind: JsonValueKind.Number } target) Assert.Equal([target.GetInt32()], choice.Golds);
            }
        }
        Assert.True(documents > 100);
    }

    static string Shown(JsonElement arguments) => string.Join(" ⟶ ", arguments.EnumerateArray().Select(argument => argument.ValueKind == JsonValueKind.String ? argument.GetString() : string.Join(" | ", argument.GetProperty("until").EnumerateArray().Select(text => text.GetString()))));

    static string Shown(ModelRequest request) => request switch
    {
        LikelihoodRequest likelihood => $"{likelihood.Context} ⟶ {likelihood.Continuation}",
        GenerationRequest generation => $"{generation.Context} ⟶ {string.Join(" | ", generation.Until)}",
        RollingRequest rolling => rolling.Text,
        _ => "",
    };
}

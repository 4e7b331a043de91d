using System.Text.Json;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Filters;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Tests.Templates;

namespace ModelZoo.Tests.Evaluation;

/// <summary>The vectors of prompts and filters.</summary>
public sealed class PromptVectorTests
{
    public static TheoryData<string> Prompts => MetricVectors.Of(["prompt"]);

    public static TheoryData<string> Filters => MetricVectors.Of(["filter_pipeline"]);

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Prompts_are_worded_as_expected(string id)
    {
        var vector = MetricVectors.All[id];
        var examples = vector.Inputs.GetProperty("fewshot").EnumerateArray().Select((doc, index) => Doc(doc, index)).ToList();
        var yaml = "task: t\ndataset_path: d\ntest_split: test\nfewshot_split: train\nfewshot_config: {sampler: first_n}\n"
            + string.Concat(vector.Inputs.GetProperty("config").EnumerateObject().Select(pair => $"{pair.Name}: {pair.Value.GetRawText()}\n"));
        var builder = new PromptBuilder(TaskLibrary.Parse(yaml), new PromptSettings { NumFewshot = examples.Count }, examples);
        var prompt = builder.Build(Doc(vector.Inputs.GetProperty("doc"), 0));
        Assert.Equal(
            vector.Expected.GetProperty("requests").EnumerateArray().Select(pair => new LikelihoodRequest(pair[0].GetString()!, pair[1].GetString()!)),
            prompt.Requests.Cast<LikelihoodRequest>());
        if (vector.Expected.TryGetProperty("gold", out var gold)) Assert.Equal(gold.GetInt32(), Assert.Single(((ChoicePrompt)prompt).Golds));
    }

    [Theory]
    [MemberData(nameof(Filters))]
    public void Filters_give_what_is_expected(string id)
    {
        var vector = MetricVectors.All[id];
        var steps = vector.Inputs.GetProperty("steps").EnumerateArray().Select(step => (IReadOnlyDictionary<string, object?>)TemplateTests.Plain(step)!)
            .Select(step => new FilterStep((string)step["function"]!, step.Where(pair => pair.Key != "function").ToDictionary())).ToList();
        var answers = vector.Inputs.GetProperty("responses").EnumerateArray().Select(text => text.GetString()!).ToList();
        Assert.Equal(TemplateTests.Plain(vector.Expected), new FilterPipeline(new("f", steps)).Apply(answers, new(0, "0", new Dictionary<string, object?>())));
    }

    static Document Doc(JsonElement fields, int index) => new(index, index.ToString(), (IReadOnlyDictionary<string, object?>)TemplateTests.Plain(fields)!);
}

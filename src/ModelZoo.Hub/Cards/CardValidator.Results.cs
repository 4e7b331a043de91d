namespace ModelZoo.Hub.Cards;

static partial class CardValidator
{
    /// <summary>Checks a file of <c>.eval_results/</c>: a list of results, each for a benchmark.</summary>
    public static IReadOnlyList<CardFinding> CheckResultsFile(string path, string yaml, CardFacts facts)
    {
        if (yaml.Length > FrontMatter.MaxBytes) return [CardFinding.Error("too_large", path, "The metadata block is larger than 1 MiB.")];
        var findings = new List<CardFinding>();
        try
        {
            var (root, warnings) = CardYaml.Parse(yaml);
            findings.AddRange(warnings);
            if (root is not CardList list) findings.Add(CardFinding.Error("result_invalid", path, $"{path} must be a list."));
            else
                for (var i = 0; i < list.Values.Count; i++) CheckResult(list.Values[i], $"{path}[{i}]", facts, findings);
        }
        catch (CardYamlException broken)
        {
            findings.Add(broken.Finding);
        }
        return findings;
    }

    static void CheckResult(CardValue result, string place, CardFacts facts, List<CardFinding> findings)
    {
        var dataset = result["dataset"]?["id"]?.Text;
        foreach (var (name, value) in new[] { ("dataset.id", result["dataset"]?["id"]), ("dataset.task_id", result["dataset"]?["task_id"]), ("value", result["value"]) })
            if (value is null or CardScalar { Kind: ScalarKind.Null } or CardScalar { Raw: "" })
                findings.Add(CardFinding.Error("result_invalid", $"{place}.{name}", $"{place}.{name} is missing."));
        if (result["source"] is CardMap source && string.IsNullOrEmpty(source.Find("url")?.Text))
            findings.Add(CardFinding.Error("source_url_missing", $"{place}.source", "`source` needs `url`."));
        if (dataset is not null && facts.Benchmarks is { } benchmarks && !benchmarks.Contains(dataset))
            findings.Add(CardFinding.Error("eval_not_benchmark", $"{place}.dataset", $"{Shorten(dataset)} has no eval.yaml, so it cannot take results."));
    }
}

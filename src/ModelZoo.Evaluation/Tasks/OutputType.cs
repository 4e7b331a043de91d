namespace ModelZoo.Evaluation.Tasks;

/// <summary>What a task asks of a model. The first four are lm-evaluation-harness's, under the same names.</summary>
public enum OutputType
{
    GenerateUntil,
    MultipleChoice,
    Loglikelihood,
    LoglikelihoodRolling,

    /// <summary>An input in, scores of all classes out.</summary>
    Classification,
    Regression,

    /// <summary>Vectors; judged over pairs, rankings, or with a probe.</summary>
    Embedding,
    Detection,
    TokenClassification,

    /// <summary>How fast, not how good: a scenario in MLPerf's sense.</summary>
    Performance,
}

public static class OutputTypes
{
    static readonly (OutputType Type, string Name)[] s_names =
    [
        (OutputType.GenerateUntil, "generate_until"), (OutputType.MultipleChoice, "multiple_choice"), (OutputType.Loglikelihood, "loglikelihood"),
        (OutputType.LoglikelihoodRolling, "loglikelihood_rolling"), (OutputType.Classification, "classification"), (OutputType.Regression, "regression"),
        (OutputType.Embedding, "embedding"), (OutputType.Detection, "detection"), (OutputType.TokenClassification, "token_classification"),
        (OutputType.Performance, "performance"),
    ];

    /// <summary>As task files write it.</summary>
    public static string Word(this OutputType type) => s_names.First(name => name.Type == type).Name;

    public static bool TryParse(string word, out OutputType type)
    {
        var at = Array.FindIndex(s_names, name => name.Name == word);
        type = at < 0 ? default : s_names[at].Type;
        return at >= 0;
    }

    public static IEnumerable<string> Words => s_names.Select(name => name.Name);
}

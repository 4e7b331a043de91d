namespace ModelZoo.Hub.Cards;

/// <summary>
/// Which headings say which thing: the five points of Mitchell et al. 2019 (arXiv:1810.03993) and the usual template merged.
/// A heading matches when it holds a phrase as whole words.
/// </summary>
static class CardSections
{
    public static readonly string[][] Description = Phrases("model description", "model details", "description", "overview", "model summary", "model type", "summary");

    public static readonly string[][] IntendedUse = Phrases(
        "intended use", "intended uses", "direct use", "primary intended use", "uses", "use cases", "model use", "evaluated use");

    public static readonly string[][] OutOfScope = Phrases("out-of-scope", "out of scope", "misuse", "prohibited use", "not intended", "limitations of use");

    public static readonly string[][] BiasRisks = Phrases("bias", "biases", "risks", "limitations", "caveats");

    public static readonly string[][] Ethics = Phrases(
        "ethical considerations", "ethics", "broader implications", "broader impact", "broader impacts", "societal impact", "fairness");

    public static readonly string[][] TrainingData = Phrases(
        "training data", "training dataset", "training datasets", "training data set", "training data sets", "training set",
        "data", "dataset", "datasets", "data set", "data sets");

    public static readonly string[][] TrainingProcedure = Phrases(
        "training procedure", "training details", "training hyperparameters", "hyperparameters", "training", "training regime");

    public static readonly string[][] Evaluation = Phrases("evaluation", "evaluation results", "results", "metrics", "accuracy", "performance");

    public static readonly string[][] Subgroups = Phrases(
        "factors", "subgroup", "subgroups", "disaggregated", "fairness", "performance across", "quantitative analyses");

    public static readonly string[][] GetStarted = Phrases(
        "get started", "getting started", "usage", "how to", "how to use", "quick start", "quickstart", "inference", "running");

    public static IEnumerable<CardSection> Matching(CardText text, string[][] phrases, string[][]? butNot = null)
    {
        foreach (var section in text.Sections)
        {
            var words = CardText.Words(section.Title);
            if (phrases.Any(phrase => Holds(words, phrase)) && (butNot is null || !butNot.Any(phrase => Holds(words, phrase)))) yield return section;
        }
    }

    static bool Holds(IReadOnlyList<string> words, string[] phrase)
    {
        for (var at = 0; at + phrase.Length <= words.Count; at++)
        {
            var length = 0;
            while (length < phrase.Length && words[at + length] == phrase[length]) length++;
            if (length == phrase.Length) return true;
        }
        return false;
    }

    static string[][] Phrases(params string[] phrases) => [.. phrases.Select(phrase => phrase.Split(' '))];
}

using ModelZoo.Learning.Merging;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Whose tokenizer a merge gets.</summary>
static class MergeTokenizers
{
    static readonly string[] s_files = ["tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json", "merges.txt"];

    /// <summary>The model whose files come with the result.</summary>
    public static OpenedSource Choose(MergeConfiguration? configuration, OpenedSources sources) =>
        configuration?.TokenizerModel is { } named && sources.All.FirstOrDefault(source => source.Work.Name == named) is { } chosen ? chosen : sources.Origin ?? sources.Models[0];

    /// <summary>A union of vocabularies that differ would be a new one, and embeddings for it.</summary>
    public static void Require(MergeConfiguration configuration, OpenedSources sources)
    {
        if (!configuration.WantsTokenizerUnion) return;
        var first = sources.All.First();
        foreach (var other in sources.All)
            if (s_files.FirstOrDefault(file => other.Tree.Find(file)?.ContentId != first.Tree.Find(file)?.ContentId) is { } differs)
                throw new MergeException($"tokenizer_source: union is taken only where all models have one tokenizer; '{differs}' of '{other.Name}' is another than that of '{first.Name}'. Name a model or 'base' instead.");
    }
}

using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Cards;

/// <summary>What a card adds to what the files say of a model.</summary>
static class CardTask
{
    /// <summary>The card's word before what the architecture is called, as in lists.</summary>
    public static ModelFacts Complete(ModelFacts facts, string? readme)
    {
        var metadata = readme is null ? CardMetadata.Empty : Card.Parse(readme).Metadata;
        return facts with
        {
            Library = metadata.LibraryName ?? CardEvidence.FindLibrary([.. facts.Files.Select(file => file.Path)], null),
            Task = metadata.PipelineTag ?? CardEvidence.FindPipelineTag(facts.Architectures, facts.ModelType),
        };
    }
}

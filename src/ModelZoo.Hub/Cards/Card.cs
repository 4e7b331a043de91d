using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Cards;

/// <summary>A README, read: the metadata block and the text beneath it. Reading never fails; what is wrong is a finding.</summary>
sealed record Card
{
    /// <summary>What a repository without a README has.</summary>
    public static readonly Card Empty = Parse("");

    /// <summary>True when the file begins with a block, be it empty or broken.</summary>
    public required bool HasBlock { get; init; }

    /// <summary>Empty when there is no block or it cannot be read.</summary>
    public required CardMetadata Metadata { get; init; }

    /// <summary>The Markdown after the block, as written.</summary>
    public required string Body { get; init; }

    /// <summary>What reading the block found: broken YAML, refused tags, keys given twice. <see cref="CardValidator"/> finds the rest.</summary>
    public required IReadOnlyList<CardFinding> Findings { get; init; }

    public static Card Parse(string readme)
    {
        var block = FrontMatter.Find(readme);
        var body = block.Body(readme);
        if (!block.HasBlock) return new() { HasBlock = false, Metadata = CardMetadata.Empty, Body = body, Findings = [] };
        if (block.IsTooLarge(readme))
            return Broken(body, CardFinding.Error("too_large", "line 1", "The metadata block is larger than 1 MiB."));
        try
        {
            var (root, findings) = CardYaml.Parse(block.Yaml(readme), firstLine: 2);
            return root is CardMap map
                ? new() { HasBlock = true, Metadata = new(map), Body = body, Findings = findings }
                : Broken(body, CardFinding.Error("not_a_mapping", "line 1", "The metadata block must be a mapping of keys to values."));
        }
        catch (CardYamlException refused)
        {
            return Broken(body, refused.Finding);
        }
    }

    /// <summary>The metadata with its keys as written: what Hugging Face calls cardData. Null when there is no metadata.</summary>
    public JsonObject? ToJson() => Metadata.IsEmpty ? null : Metadata.Root.ToJson();

    static Card Broken(string body, CardFinding finding) =>
        new() { HasBlock = true, Metadata = CardMetadata.Empty, Body = body, Findings = [finding] };
}

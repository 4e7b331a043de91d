using System.Text;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Cards;

/// <summary>The check of POST /api/validate-yaml. It refuses what cannot be read at all, and all errors where cards are strict.</summary>
sealed class ReadmeRule(HubOptions options) : IReadmeRule
{
    public IReadOnlyList<string> Problems(RepositoryKind kind, byte[] readme)
    {
        var text = Encoding.UTF8.GetString(readme);
        var verdict = YamlVerdict.Of(text, Kind(kind));
        return verdict.IsValid || (!options.Cards.Strict && IsReadable(text)) ? [] : verdict.Errors;
    }

    public static CardKind Kind(RepositoryKind kind) => kind switch
    {
        RepositoryKind.Model => CardKind.Model,
        RepositoryKind.Dataset => CardKind.Dataset,
        _ => CardKind.Space,
    };

    /// <summary>False when the block is there but is not a mapping in YAML: then nothing of it can be indexed.</summary>
    static bool IsReadable(string text) => !Card.Parse(text).Findings.Any(f => f.Code is "yaml_syntax" or "not_a_mapping" or "yaml_tag" or "too_large");
}

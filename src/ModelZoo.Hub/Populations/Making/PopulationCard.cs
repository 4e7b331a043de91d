using System.Text;
using ModelZoo.Learning.Blueprints;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>The README of a population that has none.</summary>
static class PopulationCard
{
    public const string Path = "README.md";

    public static string Write(Blueprint blueprint)
    {
        var text = new StringBuilder("---\n");
        // A card knows licences by their lower-case names; what is no plain word stays out of the metadata.
        if (blueprint.Licence is { } licence && licence.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')) text.Append($"license: {licence.ToLowerInvariant()}\n");
        text.Append("tags:\n- population\n---\n\n").Append($"# {Line(blueprint.Title ?? blueprint.Population)}\n\n");
        if (blueprint.Description is { } description) text.Append(description.Trim()).Append("\n\n");
        return text.Append("A population of models: many made from one recipe, `blueprint.yaml`, with every state, what was measured of it and where it came from. "
            + "`members.csv` lists the members, `members/ID/` holds each one's settings, metrics and states, `analyses/` what was found by comparing them.\n").ToString();
    }

    static string Line(string text) => text.ReplaceLineEndings(" ").Trim();
}

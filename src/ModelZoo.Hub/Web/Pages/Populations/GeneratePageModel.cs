using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>A stage of a plan.</summary>
public sealed record PlanLine(string Stage, long Members, long States, long? Bytes);

/// <summary>What a blueprint would make.</summary>
public sealed record PlanView(string Population, string Says, IReadOnlyList<PlanLine> Stages, IReadOnlyList<string> Remarks);

/// <summary>A blueprint, what comes of it, and the button that has it trained.</summary>
/// <param name="Text">Shown until somebody typed something else.</param>
public sealed record GeneratePageModel(PageFrame Frame, RepositoryHeading Repository, FormState Form, string Text)
{
    public IReadOnlyList<NamedLink> Templates { get; init; } = [];
    public PlanView? Plan { get; init; }
}

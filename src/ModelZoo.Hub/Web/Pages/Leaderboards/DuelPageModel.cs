namespace ModelZoo.Hub.Web.Pages.Leaderboards;

/// <summary>Two scores of one board, held against each other.</summary>
public sealed record DuelPageModel(PageFrame Frame, string Dataset, Href Board, string Title, string Metric)
{
    /// <summary>The sentence that answers the question.</summary>
    public string Verdict { get; init; } = "";
    public string Kind { get; init; } = "good";
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];
    public IReadOnlyList<DuelSide> Sides { get; init; } = [];
    public IReadOnlyList<string> Others { get; init; } = [];
    public string First { get; init; } = "";
    public string Second { get; init; } = "";
    public Href Action { get; init; }
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];
}

public sealed record DuelSide(string Model, Href Scores, string Value, string? PlusMinus, string Standing, IReadOnlyList<string> Marks, string Parameters);

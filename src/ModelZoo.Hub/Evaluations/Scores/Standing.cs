namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>By whose word a score stands, strongest first.</summary>
enum Standing
{
    /// <summary>This hub ran the pinned task on these very weights, keeps the evidence and signed the value.</summary>
    Verified,

    /// <summary>Said by somebody, and what this hub measured agrees.</summary>
    Reproduced,

    /// <summary>Loaded from what a harness or somebody else wrote.</summary>
    Reported,

    /// <summary>The owner's own word.</summary>
    Claimed,

    /// <summary>Verified once, for other weights than those shown.</summary>
    Stale,
}

static class Standings
{
    public static readonly IReadOnlyList<Standing> All = Enum.GetValues<Standing>();

    public static string Word(this Standing standing) => standing switch
    {
        Standing.Verified => "verified",
        Standing.Reproduced => "reproduced",
        Standing.Reported => "reported",
        Standing.Claimed => "claimed",
        _ => "stale",
    };

    public static Standing Parse(string word) => All.First(standing => standing.Word() == word);

    /// <summary>What the word means, for whoever sees it the first time.</summary>
    public static string Meaning(this Standing standing) => standing switch
    {
        Standing.Verified => "run here on these weights, evidence kept, value signed",
        Standing.Reproduced => "stated, and what was measured here agrees",
        Standing.Reported => "by somebody else, or loaded from a harness's file",
        Standing.Claimed => "by the owner",
        _ => "verified once, but the weights changed since",
    };
}

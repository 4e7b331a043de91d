using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Learning;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>The state of the member table, as its address has it.</summary>
public sealed record MemberQuery
{
    const int MaxLength = 500;

    public string? Where { get; init; }

    /// <summary>A column, with a minus before it for the largest first.</summary>
    public string? Sort { get; init; }

    public int Page { get; init; } = 1;

    /// <summary>Factors of the pivot, and what its cells average.</summary>
    public string? Rows { get; init; }

    public string? Columns { get; init; }
    public string? Measure { get; init; }

    public static MemberQuery Read(IQueryCollection query) => new()
    {
        Where = Text(query, "where"), Sort = Text(query, "sort"), Rows = Text(query, "rows"), Columns = Text(query, "columns"), Measure = Text(query, "measure"),
        Page = int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, 100_000) : 1,
    };

    public IEnumerable<(string Name, string? Value)> Fields => [("where", Where), ("sort", Sort), ("rows", Rows), ("columns", Columns), ("measure", Measure), ("page", Page > 1 ? Page.ToString(CultureInfo.InvariantCulture) : null)];

    /// <summary>Members whose last state fulfils the condition; all, and the reason, where it cannot be read.</summary>
    public (IReadOnlyList<PopulationMember> Members, string? Problem) Choose(IReadOnlyList<PopulationMember> all)
    {
        if (Where is null) return (all, null);
        try
        {
            var filter = MemberFilter.Parse(Where);
            return ([.. all.Where(member => filter.Holds(member, PopulationWords.LastEpoch(member)))], null);
        }
        catch (RecipeException problem)
        {
            return (all, problem.Message);
        }
    }

    static string? Text(IQueryCollection query, string name) => query[name].ToString().Trim() is { Length: > 0 and <= MaxLength } text ? text : null;
}

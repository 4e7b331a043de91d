using ModelZoo.Hub.Web.Components;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Web.Pages.Populations;

/// <summary>Members that share two values.</summary>
/// <param name="Deviation">Of all of them, as analyses give it: the root of the mean square.</param>
public sealed record PivotCell(int Count, double Mean, double Deviation, Href? Members);

/// <summary>A measure averaged over members by two facts.</summary>
/// <param name="Cells">By row and column; null where there is no member.</param>
/// <param name="Left">Levels that found no room.</param>
public sealed record PivotView(string Row, string Column, string Measure, IReadOnlyList<string> RowLevels, IReadOnlyList<string> ColumnLevels, PivotCell?[,] Cells, int Left)
{
    const int MostRows = 20;
    const int MostColumns = 10;

    public IReadOnlyList<Choice> Facts { get; init; } = [];
    public IReadOnlyList<Choice> Measures { get; init; } = [];

    /// <summary>Null when there is nothing to average or no fact that varies.</summary>
    internal static PivotView? Of(PopulationLinks links, IReadOnlyList<PopulationMember> all, IReadOnlyList<PopulationMember> chosen, MemberQuery query)
    {
        var facts = FactsOf(all);
        var measures = MeasuresOf(all);
        if (facts.Count == 0 || measures.Count == 0) return null;
        var row = facts.FirstOrDefault(fact => fact == query.Rows) ?? facts[0];
        var column = facts.FirstOrDefault(fact => fact == query.Columns) ?? facts.Take(MemberTable.FactorNames(all).Count(name => name != "seed" && facts.Contains(name))).Where(fact => fact != row).Select(fact => (Fact: fact, Levels: all.Select(member => PopulationWords.Value(MemberListView.Find(member, fact))).Distinct().Count())).Where(each => each.Levels <= MostColumns).OrderByDescending(each => each.Levels).Select(each => each.Fact).FirstOrDefault()
            ?? facts.FirstOrDefault(fact => fact != row) ?? row;
        var measure = measures.FirstOrDefault(name => name == query.Measure) ?? measures[0];
        var found = chosen.Select(member => (Row: MemberListView.Find(member, row), Column: MemberListView.Find(member, column), Value: MemberListView.Find(member, measure)))
            .Where(each => each is { Row: not null, Column: not null, Value: double value } && double.IsFinite(value)).ToList();
        var (rows, columns) = (PopulationWords.Levels(found.Select(each => each.Row)), PopulationWords.Levels(found.Select(each => each.Column)));
        var left = Math.Max(0, rows.Count - MostRows) + Math.Max(0, columns.Count - MostColumns);
        (rows, columns) = ([.. rows.Take(MostRows)], [.. columns.Take(MostColumns)]);
        var cells = new PivotCell?[rows.Count, columns.Count];
        foreach (var group in found.GroupBy(each => (Row: PopulationWords.Value(each.Row), Column: PopulationWords.Value(each.Column))))
        {
            var (i, j) = (rows.ToList().IndexOf(group.Key.Row), columns.ToList().IndexOf(group.Key.Column));
            if (i < 0 || j < 0) continue;
            var values = group.Select(each => (double)each.Value!).ToList();
            var mean = values.Average();
            cells[i, j] = new(values.Count, mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))), Link(group.Key.Row, group.Key.Column));
        }
        return new(row, column, measure, rows, columns, cells, left) { Facts = [.. facts.Select(fact => new Choice(fact, fact))], Measures = [.. measures.Select(name => new Choice(name, name.Replace('_', ' ')))] };

        Href? Link(string first, string second) => PopulationLinks.Condition(row, first) is { } one && PopulationLinks.Condition(column, second) is { } two
            ? links.Page("members", (query with { Where = (query.Where is null ? "" : $"({query.Where}) and ") + (row == column ? one : $"{one} and {two}"), Page = 1 }).Fields) : null;
    }

    /// <summary>Facts with a few values each: factors first, those that vary most usefully before seeds and parents.</summary>
    internal static IReadOnlyList<string> FactsOf(IReadOnlyList<PopulationMember> members) =>
        [.. MemberTable.FactorNames(members).Take(24).Where(name => name != "seed").Concat(["stage", "parent", "split", "status", "seed", "head_seed", "dataset"]).Distinct()
            .Where(name => members.Select(member => PopulationWords.Value(MemberListView.Find(member, name))).Where(text => text.Length > 0).Distinct().Take(61).Count() is > 1 and <= 60)];

    internal static IReadOnlyList<string> MeasuresOf(IReadOnlyList<PopulationMember> members)
    {
        var splits = MemberTable.SplitNames(members).Where(split => split.Length > 0).Take(6).ToList();
        var best = PopulationWords.Split(members);
        return [.. splits.OrderBy(split => split != best).SelectMany(split => new[] { $"{split}_accuracy", $"{split}_loss" }), .. members.Any(member => member.Records.Any(record => record.TrainAccuracy is not null)) ? (string[])["train_accuracy", "gap"] : [], .. members.Any(member => member.Records.Any(record => record.TrainLoss is not null)) ? (string[])["train_loss"] : []];
    }
}

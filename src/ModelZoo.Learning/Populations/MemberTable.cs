using System.Globalization;
using System.Text;
using ModelZoo.Learning.Blueprints;

namespace ModelZoo.Learning.Populations;

/// <summary>Rows of comma-separated values as RFC 4180 has them.</summary>
public static class CsvText
{
    public static string Write(IEnumerable<IReadOnlyList<string>> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows) text.AppendJoin(',', row.Select(Cell)).Append('\n');
        return text.ToString();
    }

    public static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "";

    static string Cell(string value) => value.AsSpan().IndexOfAny("\",\n\r") < 0 ? value : $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>Members as a table: who they are, what varied, how they scored.</summary>
public static class MemberTable
{
    const string Accuracy = "_acc";

    public static byte[] ToCsv(IReadOnlyList<PopulationMember> members)
    {
        var factors = FactorNames(members);
        var splits = ScoreNames(members);
        var rows = new List<IReadOnlyList<string>>
        {
            (List<string>)["member_id", "stage", "status", "epoch", "split", "parent_id", "parent_epoch", "root_id", "head_seed", .. factors, "train_loss", "train_accuracy", .. splits.SelectMany(split => new[] { $"{split}_accuracy", $"{split}_loss" })],
        };
        foreach (var member in members) rows.Add(Row(member, member.Records.Count > 0 ? member.Records[^1].Epoch : null, factors, splits));
        return Encoding.UTF8.GetBytes(CsvText.Write(rows));
    }

    static List<string> Row(PopulationMember member, int? epoch, IReadOnlyList<string> factors, IReadOnlyList<string> splits)
    {
        var card = member.Card;
        var record = epoch is { } at ? member.Find(at) : null;
        return
        [
            card.Id, card.Stage, member.Status, epoch?.ToString(CultureInfo.InvariantCulture) ?? "", card.Split, card.ParentId ?? "", card.ParentId is null ? "" : card.ParentEpoch?.ToString(CultureInfo.InvariantCulture) ?? "best", card.RootId,
            card.HeadSeed?.ToString(CultureInfo.InvariantCulture) ?? "", .. factors.Select(name => card.Factor(name) ?? ""), CsvText.Number(record?.TrainLoss), CsvText.Number(record?.TrainAccuracy),
            .. splits.SelectMany(split => new[] { CsvText.Number(epoch is { } on ? member.Accuracy(on, split) : null), CsvText.Number(epoch is { } then ? member.Loss(then, split) : null) }),
        ];
    }

    /// <summary>Names of factors in the order in which members bring them.</summary>
    public static IReadOnlyList<string> FactorNames(IEnumerable<PopulationMember> members) => [.. members.SelectMany(member => member.Card.Factors).Select(factor => factor.Name).Distinct()];

    public static IReadOnlyList<string> SplitNames(IEnumerable<PopulationMember> members) => [.. members.SelectMany(member => member.Records).SelectMany(record => record.Splits).Select(split => split.Split).Distinct()];

    /// <summary>Splits with counted scores, and those of which an import only knows accuracies.</summary>
    public static IReadOnlyList<string> ScoreNames(IReadOnlyCollection<PopulationMember> members) =>
        [.. SplitNames(members).Concat(members.SelectMany(member => member.Records).SelectMany(record => record.Others?.Keys ?? []).Distinct().Where(name => name.EndsWith(Accuracy, StringComparison.Ordinal)).Select(name => name[..^Accuracy.Length])).Where(split => split is not ("" or "train")).Distinct()];
}

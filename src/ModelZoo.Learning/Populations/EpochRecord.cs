using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.Populations;

/// <summary>A split's scores at one epoch.</summary>
/// <param name="Loss">Mean cross-entropy in nats; NaN where it was no number.</param>
public sealed record SplitScore(string Split, string? DatasetId, int Count, int Correct, double Loss)
{
    public double Accuracy => Count > 0 ? (double)Correct / Count : double.NaN;
}

/// <summary>A line of metrics.jsonl: what was measured after an epoch.</summary>
/// <param name="Seconds">Wall time of the epoch with its evaluation and saving; null for imported ones.</param>
/// <param name="Code">Version of the program that measured.</param>
/// <param name="Others">Further numbers of an imported member, verbatim names.</param>
public sealed record EpochRecord(int Epoch, double? TrainLoss, double? TrainAccuracy, IReadOnlyList<SplitScore> Splits, double? Seconds, string? Code, IReadOnlyDictionary<string, double>? Others = null)
{
    const int MaxLines = 1_000_000;

    public SplitScore? Find(string split) => Splits.FirstOrDefault(score => score.Split == split);

    public static EpochRecord Of(EpochReport report, string datasetId, double seconds, string code) =>
        new(report.Epoch, report.TrainLoss, report.TrainAccuracy, [.. report.Splits.Select(split => new SplitScore(split.Split, datasetId, split.Count, split.Correct, split.Loss))], seconds, code);

    /// <summary>As the trainer reported it, without logits.</summary>
    public EpochReport ToReport() => new(Epoch, TrainLoss, TrainAccuracy, [.. Splits.Select(split => new SplitResult(split.Split, split.Count, split.Correct, split.Loss, []))]);

    public string ToLine()
    {
        var json = new JsonObject { ["epoch"] = Epoch };
        if (TrainLoss is not null) json["train_loss"] = JsonText.Of(TrainLoss);
        if (TrainAccuracy is not null) json["train_accuracy"] = JsonText.Of(TrainAccuracy);
        json["splits"] = new JsonArray([.. Splits.Select(split => (JsonNode)new JsonObject
        {
            ["split"] = split.Split, ["dataset"] = split.DatasetId, ["n"] = split.Count, ["correct"] = split.Correct, ["accuracy"] = JsonText.Of(split.Accuracy), ["loss"] = JsonText.Of(split.Loss),
        })]);
        foreach (var (name, value) in Others ?? new Dictionary<string, double>()) json[name] ??= JsonText.Of(value);
        if (Seconds is { } seconds) json["seconds"] = Math.Round(seconds, 3);
        if (Code is not null) json["code"] = Code;
        return JsonText.Line(json);
    }

    /// <summary>All lines that are whole; a torn one is left out, as a run that was killed may leave it.</summary>
    public static IReadOnlyList<EpochRecord> ReadAll(byte[] content)
    {
        var records = new SortedDictionary<int, EpochRecord>();
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(MaxLines))
            if (FindIn(line) is { } record) records[record.Epoch] = record;
        return [.. records.Values];
    }

    static EpochRecord? FindIn(string line)
    {
        try
        {
            var json = JsonText.Read(Encoding.UTF8.GetBytes(line), "metrics.jsonl");
            if (json.FindWhole("epoch") is not (>= 0 and <= int.MaxValue and var epoch)) return null;
            var splits = json.TryGetProperty("splits", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(split => split.ValueKind == JsonValueKind.Object).Select(ReadSplit).ToList() : [];
            string[] known = ["epoch", "train_loss", "train_accuracy", "splits", "seconds", "code"];
            var others = json.EnumerateObject().Where(property => !known.Contains(property.Name) && property.Value.ValueKind == JsonValueKind.Number).GroupBy(property => property.Name).ToDictionary(group => group.Key, group => group.Last().Value.GetDouble());
            return new((int)epoch, json.FindReal("train_loss"), json.FindReal("train_accuracy"), splits, json.FindReal("seconds"), json.FindText("code"), others.Count > 0 ? others : null);
        }
        catch (PopulationException)
        {
            return null;
        }
    }

    static SplitScore ReadSplit(JsonElement json) =>
        new(json.FindText("split") ?? "", json.FindText("dataset"), (int)Math.Clamp(json.FindWhole("n") ?? 0, 0, int.MaxValue), (int)Math.Clamp(json.FindWhole("correct") ?? 0, 0, int.MaxValue), json.FindReal("loss") ?? double.NaN);
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelZoo.Cli.Populations;

/// <summary>The headline of each analysis in a few lines; the files hold the rest.</summary>
static class AnalysisText
{
    public static IEnumerable<string> Of(string name, JsonObject summary) => name switch
    {
        "weights" => Weights(summary),
        "behaviour" => Behaviour(summary),
        "lineage" => Lineage(summary),
        "prediction" => Prediction(summary),
        _ => Averaging(summary),
    };

    static IEnumerable<string> Weights(JsonObject summary)
    {
        foreach (var group in summary["groups"]!.AsArray())
            yield return $"{group!["members"]} members of {group["parameters"]} parameters: relative distance {Number(group["relative_within"]!["mean"])} within families, {Number(group["relative_across"]!["mean"])} across (least {Number(group["relative_across"]!["min"])}); between/within {Number(group["between_over_within"])}; {Number(group["participation_ratio"])} directions";
        if (summary["movement"]!["epoch_order_recovered"] is { } order) yield return $"order of epochs recovered: {Share(order)}";
    }

    static IEnumerable<string> Behaviour(JsonObject summary)
    {
        foreach (var set in summary["sets"]!.AsArray())
            yield return $"{set!["dataset"]}, {set["split"]} ({set["n"]} samples): accuracy {string.Join(" / ", set["accuracy"]!.AsArray().Select(Number))} over {set["members"]} members; agreement {Number(set["within"]!["agreement"])} within families, {Number(set["across"]!["agreement"])} across; all together {Number(set["ensemble_accuracy"])}";
        foreach (var (stage, effects) in summary["effects"]!.AsObject())
            foreach (var effect in effects!.AsArray().Take(3)) yield return $"{stage}: {effect!["factor"]} goes with {Share(effect["explained"])} of the variation of {effect["metric"]} ({Share(effect["by_chance"])} by chance)";
    }

    static IEnumerable<string> Lineage(JsonObject summary)
    {
        yield return $"nearest base is the parent: {Share(summary["nearest_base_is_parent"])} of {summary["children"]}; base is the medoid of {summary["base_is_medoid"]} of {summary["families"]} families; kurtosis higher in the child: {Share(summary["kurtosis_higher_in_child"])}";
    }

    static IEnumerable<string> Prediction(JsonObject summary)
    {
        foreach (var task in summary["tasks"]!.AsArray())
            if (task!["test_accuracy"] is { } accuracy)
                yield return $"{task["stage"]}, {task["head"]} head, {task["members"]} members: test accuracy from weights R² {Number(accuracy["all_epochs"]?["r2"])} over all epochs, {Number(accuracy["within_epoch"]!.AsObject().LastOrDefault().Value?["r2"])} within the last (split by state, which leaks: {Number(accuracy["leaky_split_by_state"]?["r2"])})";
    }

    static IEnumerable<string> Averaging(JsonObject summary)
    {
        foreach (var (kind, value) in summary["barriers"]!.AsObject())
            if (value is JsonObject barrier) yield return $"{kind}: accuracy barrier {Number(barrier["accuracy_barrier"])}, {barrier["connected"]} of {barrier["pairs"]} pairs connected";
        foreach (var row in summary["epochs"]!.AsArray()) yield return $"last epochs averaged, {row!["members_of"]} ({row["members"]}): {Signed(row["accuracy_vs_last"])} against the last, {Signed(row["nll_vs_last"])} nats";
    }

    static string Number(JsonNode? value) => value is null ? "?" : value.GetValue<double>().ToString("0.000", CultureInfo.InvariantCulture);

    static string Share(JsonNode? value) => value is null ? "?" : (value.GetValue<double>() * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    static string Signed(JsonNode? value) => value is null ? "?" : Math.Round(value.GetValue<double>(), 3).ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);
}

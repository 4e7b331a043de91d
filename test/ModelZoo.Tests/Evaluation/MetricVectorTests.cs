using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Metrics.Texts;

namespace ModelZoo.Tests.Evaluation;

public class MetricVectorTests
{
    static readonly MetricSeeds s_plain = new(BootstrapIterations: 0);

    internal static readonly IReadOnlyDictionary<string, Func<MetricVectors.Vector, JsonNode?>> Claimed = new Dictionary<string, Func<MetricVectors.Vector, JsonNode?>>
    {
        ["accuracy"] = vector => Of(vector, "accuracy", Labels(vector)),
        ["balanced_accuracy"] = vector => Of(vector, "balanced_accuracy", Labels(vector)),
        ["precision_recall_f1"] = vector => new JsonObject
        {
            ["precision"] = Of(vector, "precision", Labels(vector)), ["recall"] = Of(vector, "recall", Labels(vector)), ["f1"] = Of(vector, "f1", Labels(vector)),
        },
        ["f1"] = vector => Of(vector, "f1", Labels(vector)),
        ["matthews_corrcoef"] = vector => Of(vector, "matthews_corrcoef", Labels(vector)),
        ["cohen_kappa"] = vector => Of(vector, "cohen_kappa", Labels(vector)),
        ["top_k_accuracy"] = vector => Of(vector, "top_k_accuracy", Classes(vector, "scores")),
        ["log_loss"] = vector => Of(vector, "log_loss", Classes(vector, "probs")),
        ["brier"] = vector => Of(vector, "brier", Classes(vector, "probs")),
        ["ece"] = Ece,
        ["pearson"] = vector => Of(vector, "pearson", Numbers(vector, "x", "y")),
        ["spearman"] = vector => Of(vector, "spearman", Numbers(vector, "x", "y")),
        ["kendall_tau_b"] = vector => Of(vector, "kendall_tau_b", Numbers(vector, "x", "y")),
        ["regression"] = vector => new JsonObject
        {
            ["mse"] = Of(vector, "mse", Numbers(vector)), ["mae"] = Of(vector, "mae", Numbers(vector)), ["r2"] = Of(vector, "r2", Numbers(vector)),
        },
        ["roc_auc"] = vector => Of(vector, "roc_auc", Numbers(vector, "scores")),
        ["average_precision"] = vector => Of(vector, "average_precision", Numbers(vector, "scores")),
        ["partial_roc_auc"] = vector => Of(vector, "partial_roc_auc", Numbers(vector, "scores")),
        ["perplexity_suite"] = Perplexities,
        ["pass_at_k"] = vector => MetricCatalogue.Create($"pass@{vector.Inputs.GetProperty("k")}")
            .Aggregate([new TriesOutcome(vector.Inputs.GetProperty("n").GetInt32(), vector.Inputs.GetProperty("c").GetInt32())], s_plain).Value,
        ["multiple_choice"] = MultipleChoice,
        ["squad"] = vector => new JsonObject { ["exact_match"] = Of(vector, "squad_em", Text(vector, "golds")), ["f1"] = Of(vector, "squad", Text(vector, "golds")) },
        ["exact_match"] = vector => Of(vector, "exact_match", Text(vector, "reference")),
        ["bleu"] = Bleu,
        ["sentence_bleu"] = vector => Made(vector, "bleu").Score(new TextOutcome(vector.Inputs.GetProperty("hypothesis").GetString(), MetricVectors.Texts(vector.Inputs.GetProperty("references")))),
        ["chrf"] = vector => Of(vector, "chrf", Streams(vector)),
        ["ter"] = vector => Of(vector, "ter", Streams(vector)),
        ["rouge"] = Rouges,
        ["wer"] = vector => new JsonObject { ["wer"] = Of(vector, "wer", Lines(vector)), ["cer"] = Of(vector, "cer", Lines(vector)) },
        ["coco_map"] = vector => new JsonObject { ["AP"] = Of(vector, "map", Boxes(vector)), ["AP50"] = Of(vector, "map50", Boxes(vector)), ["AP75"] = Of(vector, "map75", Boxes(vector)) },
        ["retrieval"] = vector => new JsonObject { ["ndcg@3"] = Of(vector, "ndcg@3", Rankings(vector)), ["ndcg@5"] = Of(vector, "ndcg@5", Rankings(vector)), ["mrr"] = Of(vector, "mrr", Rankings(vector)) },
        ["rolling_windows"] = Windows,
    };

    /// <summary>Vectors that other tests hold: templates and filters of tasks, and rankings.</summary>
    static readonly string[] s_elsewhere = ["prompt", "filter_pipeline", "mean_win_rate"];

    public static TheoryData<string> Vectors => MetricVectors.Of([.. Claimed.Keys]);

    [Theory, MemberData(nameof(Vectors))]
    public void Every_vector_is_met(string id)
    {
        var vector = MetricVectors.All[id];
        MetricVectors.Same(vector.Expected, Claimed[vector.Metric](vector), vector.Tolerance);
    }

    [Fact]
    public void No_vector_is_left_unclaimed()
    {
        var claimed = Claimed.Keys.Concat(StatisticsVectorTests.Claimed.Keys).Concat(s_elsewhere).ToList();
        Assert.Equal(claimed.Count, claimed.Distinct().Count());
        Assert.Equal(MetricVectors.All.Values.Select(vector => vector.Metric).Distinct().Order(), claimed.Order());
        Assert.Equal(101, MetricVectors.All.Count);
    }

    static IMetric Made(MetricVectors.Vector vector, string metric)
    {
        var options = new Dictionary<string, object?>();
        // The vectors' own words where they differ from a task file's.
        foreach (var parameter in vector.Parameters?.EnumerateObject() ?? default)
            if ((vector.Metric, parameter.Name) is not ("rouge", _)) options[parameter.Name] = Plain(parameter.Value);
        return MetricCatalogue.Create(metric, options);
    }

    static double? Of(MetricVectors.Vector vector, string metric, IReadOnlyList<Outcome> outcomes) => Made(vector, metric).Aggregate(outcomes, s_plain).Value;

    static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToList(),
        _ => value.GetBoolean(),
    };

    static Outcome[] Labels(MetricVectors.Vector vector) =>
        [.. MetricVectors.Whole(vector.Inputs.GetProperty("predictions")).Zip(MetricVectors.Whole(vector.Inputs.GetProperty("labels")), (prediction, label) => new LabelOutcome(prediction, label))];

    static Outcome[] Classes(MetricVectors.Vector vector, string scores) =>
        [.. vector.Inputs.GetProperty(scores).EnumerateArray().Zip(MetricVectors.Whole(vector.Inputs.GetProperty("labels")), (row, label) => new ClassOutcome(MetricVectors.Numbers(row), label))];

    static Outcome[] Numbers(MetricVectors.Vector vector, string predictions = "predictions", string labels = "labels") =>
        [.. MetricVectors.Numbers(vector.Inputs.GetProperty(predictions)).Zip(MetricVectors.Numbers(vector.Inputs.GetProperty(labels)), (prediction, label) => new NumberOutcome(prediction, label))];

    static Outcome[] Text(MetricVectors.Vector vector, string references)
    {
        var wanted = vector.Inputs.GetProperty(references);
        return [new TextOutcome(vector.Inputs.GetProperty("prediction").GetString(), wanted.ValueKind == JsonValueKind.Array ? MetricVectors.Texts(wanted) : [wanted.GetString()!])];
    }

    static Outcome[] Streams(MetricVectors.Vector vector)
    {
        var streams = vector.Inputs.GetProperty("references").EnumerateArray().Select(MetricVectors.Texts).ToArray();
        return [.. MetricVectors.Texts(vector.Inputs.GetProperty("hypotheses")).Select((hypothesis, i) => new TextOutcome(hypothesis, [.. streams.Select(stream => stream[i])]))];
    }

    static Outcome[] Lines(MetricVectors.Vector vector) =>
        [.. MetricVectors.Texts(vector.Inputs.GetProperty("hypotheses")).Zip(MetricVectors.Texts(vector.Inputs.GetProperty("references")), (hypothesis, reference) => new TextOutcome(hypothesis, [reference]))];

    static Outcome[] Boxes(MetricVectors.Vector vector) => [.. vector.Inputs.GetProperty("images").EnumerateArray().Select(image => new DetectionOutcome(
        [.. image.GetProperty("det").EnumerateArray().Select(found => Box(found[1], found[0].GetDouble()))], [.. image.GetProperty("gt").EnumerateArray().Select(gold => Box(gold, 0))]))];

    static Box Box(JsonElement corners, double score) => new(corners[0].GetDouble(), corners[1].GetDouble(), corners[2].GetDouble(), corners[3].GetDouble(), 0, score);

    static Outcome[] Rankings(MetricVectors.Vector vector) => [.. vector.Inputs.GetProperty("relevances_in_rank_order").EnumerateArray().Select(MetricVectors.Numbers)
        .Select(ranked => new RankingOutcome(ranked, ranked.Count(relevance => relevance > 0), ranked))];

    static JsonNode? Ece(MetricVectors.Vector vector)
    {
        var confidences = MetricVectors.Numbers(vector.Inputs.GetProperty("confidences"));
        var right = MetricVectors.Whole(vector.Inputs.GetProperty("correct")).Select(correct => correct == 1).ToArray();
        var bins = vector.Parameters!.Value.GetProperty("bins").GetInt32();
        return vector.Parameters.Value.GetProperty("binning").GetString() == "equal_mass" ? Calibration.EqualMass(confidences, right, bins) : Calibration.EqualWidth(confidences, right, bins);
    }

    static JsonObject Perplexities(MetricVectors.Vector vector)
    {
        int[] Each(string name) => MetricVectors.Whole(vector.Inputs.GetProperty(name));
        var (bytes, words, tokens) = (Each("bytes"), Each("words"), Each("tokens"));
        Outcome[] outcomes = [.. MetricVectors.Numbers(vector.Inputs.GetProperty("loglikelihoods")).Select((value, i) => new RollingOutcome(value, bytes[i], words[i], tokens[i]))];
        var result = new JsonObject();
        foreach (var member in vector.Expected.EnumerateObject()) result[member.Name] = Of(vector, member.Name == "perplexity_mean_ll" ? "perplexity" : member.Name, outcomes);
        return result;
    }

    static JsonObject MultipleChoice(MetricVectors.Vector vector)
    {
        Outcome[] outcome =
        [
            new ChoiceOutcome(MetricVectors.Numbers(vector.Inputs.GetProperty("loglikelihoods")), MetricVectors.Numbers(vector.Inputs.GetProperty("unconditional")),
                MetricVectors.Texts(vector.Inputs.GetProperty("choices")), [vector.Inputs.GetProperty("gold").GetInt32()]),
        ];
        var result = new JsonObject();
        foreach (var member in vector.Expected.EnumerateObject()) result[member.Name] = Of(vector, member.Name, outcome);
        return result;
    }

    static JsonObject Bleu(MetricVectors.Vector vector)
    {
        var outcomes = Streams(vector);
        var (score, precisions, penalty, length, reference) = new Bleu(lowercase: vector.Parameters?.GetProperty("lowercase").GetBoolean() ?? false)
            .Corpus([.. outcomes.Cast<TextOutcome>().Select(text => (string)text.Prediction!)], [.. outcomes.Cast<TextOutcome>().Select(text => text.References)]);
        Assert.Equal(score, Of(vector, "bleu", outcomes)!.Value, 1e-12);
        return new JsonObject { ["score"] = score, ["precisions"] = new JsonArray([.. precisions.Select(p => (JsonNode)p)]), ["bp"] = penalty, ["sys_len"] = length, ["ref_len"] = reference };
    }

    static JsonObject Rouges(MetricVectors.Vector vector)
    {
        var (rouge, prediction, reference) = (new Rouge(), vector.Inputs.GetProperty("prediction").GetString()!, vector.Inputs.GetProperty("reference").GetString()!);
        static JsonArray All(Rouge.Score score) => [score.Precision, score.Recall, score.F1];
        return new JsonObject { ["rouge1"] = All(rouge.N(prediction, reference, 1)), ["rouge2"] = All(rouge.N(prediction, reference, 2)), ["rougeL"] = All(rouge.L(prediction, reference)) };
    }

    static JsonArray Windows(MetricVectors.Vector vector) => [.. RollingWindows.Of(
            MetricVectors.Whole(vector.Inputs.GetProperty("tokens")), vector.Inputs.GetProperty("prefix").GetInt32(), vector.Inputs.GetProperty("max_len").GetInt32(), vector.Inputs.GetProperty("context_len").GetInt32())
        .Select(window => (JsonNode)new JsonArray(JsonSerializer.SerializeToNode(window.Context), JsonSerializer.SerializeToNode(window.Predicted)))];
}

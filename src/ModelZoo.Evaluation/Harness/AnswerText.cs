using System.Globalization;
using System.Text.Json;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Evaluation.Harness;

/// <summary>
/// Answers as <c>resps</c> of sample files: likelihoods as lm-evaluation-harness writes them (texts of numbers), the rest as numbers. Every bit survives, so
/// that a run that goes on judges what an earlier one was answered.
/// </summary>
static class AnswerText
{
    public static object? Of(ModelAnswer answer) => answer switch
    {
        LikelihoodAnswer likelihood => new List<object?> { JsonText.Repr(likelihood.LogLikelihood), likelihood.IsGreedy ? "True" : "False" },
        RollingAnswer rolling => new List<object?> { JsonText.Repr(rolling.LogLikelihood), rolling.Tokens.ToString(CultureInfo.InvariantCulture) },
        TextAnswer text => text.Text,
        ClassAnswer { Probabilities: FloatList floats } => Floats(floats.Values),
        ClassAnswer classes => classes.Probabilities,
        NumbersAnswer { Values: FloatList floats } => Floats(floats.Values),
        NumbersAnswer numbers => numbers.Values,
        VectorAnswer vector => Floats(vector.Values.Span),
        BoxesAnswer boxes => boxes.Boxes.Select(box => (object?)new List<object?> { box.Left, box.Top, box.Right, box.Bottom, (long)box.Class, box.Score }).ToList(),
        TagsAnswer tags => tags.Tags,
        _ => null,
    };

    static List<object?> Floats(ReadOnlySpan<float> values)
    {
        var list = new List<object?>(values.Length);
        foreach (var value in values) list.Add(value);
        return list;
    }

    /// <summary>The answer to a request from what a sample file holds; null when it does not hold one.</summary>
    public static ModelAnswer? Read(ModelRequest request, JsonElement json, bool isCut)
    {
        try
        {
            ModelAnswer? answer = request switch
            {
                LikelihoodRequest => new LikelihoodAnswer(Number(json[0]), json[1].GetString() == "True"),
                RollingRequest => new RollingAnswer(Number(json[0]), long.Parse(json[1].GetString()!, CultureInfo.InvariantCulture)),
                GenerationRequest => new TextAnswer(json.GetString()!),
                ClassificationRequest => new ClassAnswer(new FloatList(Floats(json))),
                RegressionRequest => new NumbersAnswer(new FloatList(Floats(json))),
                EmbeddingRequest => new VectorAnswer(Floats(json)),
                DetectionRequest => new BoxesAnswer([.. json.EnumerateArray().Select(box => new Box(box[0].GetDouble(), box[1].GetDouble(), box[2].GetDouble(), box[3].GetDouble(), box[4].GetInt32(), box[5].GetDouble()))]),
                TokenClassificationRequest => new TagsAnswer([.. json.EnumerateArray().Select(tag => tag.GetString()!)]),
                _ => null,
            };
            return answer is null || !isCut ? answer : answer with { IsCut = true };
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    static float[] Floats(JsonElement json) => [.. json.EnumerateArray().Select(number => number.GetSingle())];

    static double Number(JsonElement json) => json.GetString() switch
    {
        "-inf" => double.NegativeInfinity,
        "inf" => double.PositiveInfinity,
        "nan" => double.NaN,
        var text => double.Parse(text!, CultureInfo.InvariantCulture),
    };
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Evaluation.Records;

/// <summary>Score records as files: a JSON list, names in snake case, what is unknown left out.</summary>
public static class ScoreRecords
{
    public static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static byte[] Serialize(IReadOnlyList<ScoreRecord> scores) => JsonSerializer.SerializeToUtf8Bytes(scores, Format);

    /// <exception cref="EvaluationException">The bytes are no list of score records.</exception>
    public static IReadOnlyList<ScoreRecord> Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<List<ScoreRecord>>(json, Format) ?? throw new EvaluationException("There are no score records.");
        }
        catch (JsonException e)
        {
            throw new EvaluationException($"These are no score records: {e.Message}", e);
        }
    }
}

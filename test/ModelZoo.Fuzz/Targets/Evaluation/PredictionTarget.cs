using System.Text;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Submissions;

namespace ModelZoo.Fuzz.Targets.Evaluation;

/// <summary>Prediction files, read and scored.</summary>
sealed class PredictionTarget : FuzzTarget
{
    static readonly SubmissionOptions s_options = new() { Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero) };
    static readonly PredictionScorer s_scorer = new(
        [new("a", "cat"), new("b", "dog", "g"), new("c", 1L, "g")], [MetricCatalogue.Create("acc"), MetricCatalogue.Create("f1")], ["cat", "dog"]);
    static readonly ScoreRecord s_frame = new() { Task = new("t", null, null), Harness = new("predictions", null, null), Protocol = new(null, null, null, null, null), Metric = "" };

    public override string Name => "predictions";

    public override bool IsRefusal(Exception error) => error is EvaluationException;

    public override IEnumerable<byte[]> Seeds(Random random) => ((string[])
    [
        "id,prediction\na,cat\nb,\"dog\"\nc,1\n", "id,text\r\na,cat\r\n",
        """{"id":"a","prediction":"cat"}""" + "\n" + """{"id":"b","prediction":1}""" + "\n" + """{"id":"c","prediction":true}""",
        """{"id":"a","scores":[0.9,0.1]}""" + "\n" + """{"id":"b","scores":[-3,5]}""", """{"id":"a","loglikelihoods":[-3,-1]}""", """{"id":"a","text":"cat"}""",
    ]).Select(Encoding.UTF8.GetBytes);

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var file = SubmissionFile.Of("p", input);
        var scored = s_scorer.Score(file, PredictionFile.Read(file, s_options), s_frame, new(BootstrapIterations: 20));
        return $"{scored.Missing} {string.Join(' ', scored.Scores.Select(score => score.Value))}";
    }
}

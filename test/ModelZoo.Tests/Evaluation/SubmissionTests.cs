using System.Text;
using System.Text.Json;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Submissions;

namespace ModelZoo.Tests.Evaluation;

public class SubmissionTests
{
    internal static readonly SubmissionOptions Options = new() { Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero) };

    static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Evaluation", "submissions");

    static SubmissionFile Own(string path) => SubmissionFile.Of(path, File.ReadAllBytes(Path.Combine(s_folder, path)));
    static SubmissionFile Made(string path, string text) => SubmissionFile.Of(path, Encoding.UTF8.GetBytes(text));
    static ImportedScores Read(params SubmissionFile[] files) => SubmissionReader.Read(files, Options);
    static string Refused(SubmissionFile file) => Assert.Throws<EvaluationException>(() => SubmissionReader.Read([file], Options)).Message;

    /// <summary>A file with the companions that its format has.</summary>
    static SubmissionFile[] With(string path) => path switch
    {
        "helm/mmlu_anatomy_x/stats.json" => [Own(path), Own("helm/mmlu_anatomy_x/run_spec.json")],
        "mlperf/mlperf_log_accuracy.json" => [Own(path), Own("mlperf/val_map.txt")],
        _ => [Own(path)],
    };

    static readonly ScoreRecord s_frame = new() { Task = new("toy-pred", null, null), Harness = new("predictions", null, null), Protocol = new(null, null, null, null, null), Metric = "" };

    static PredictionScorer ToyScorer() => new(
        [.. File.ReadLines(Path.Combine(s_folder, "predictions", "labels.csv")).Skip(1).Select(line => line.Split(',')).Select(cells => new PredictionLabel(cells[0], cells[1]))], [MetricCatalogue.Create("accuracy")]);

    public static TheoryData<int> Expected => [.. Enumerable.Range(0, All().GetArrayLength())];

    static JsonElement All() => JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, "expected.json"))).RootElement;

    [Theory, MemberData(nameof(Expected))]
    public void Every_expected_record_comes_out(int number)
    {
        var expected = All()[number];
        var path = expected.GetProperty("file").GetString()!;
        if (path.StartsWith("predictions/", StringComparison.Ordinal))
        {
            Predicted(path, expected);
            return;
        }
        if (expected.TryGetProperty("error", out var error))
        {
            var message = Refused(Own(path));
            Assert.Contains(path, message);
            // The metric is named as the file names it.
            Assert.Contains(error.GetString()!.Replace("accuracy ", "", StringComparison.Ordinal), message);
            return;
        }
        var score = Assert.Single(Read(With(path)).Scores, score => score.Record.Task.Id == Text("task") && score.Record.Metric == Text("metric")
            && (Text("filter") ?? "none") == score.Record.Filter && Text("perturbation") == score.Perturbation);
        foreach (var member in expected.EnumerateObject()) Check(member, score);

        string? Text(string name) => expected.TryGetProperty(name, out var value) ? value.GetString() : null;
    }

    static void Check(JsonProperty member, ImportedScore score)
    {
        var record = score.Record;
        switch (member.Name)
        {
            case "value": Assert.Equal(member.Value.GetDouble(), score.IsPercent ? score.Stated ?? record.Value!.Value : record.Value!.Value, 1e-12); break;
            case "stderr": Assert.Equal(member.Value.ValueKind == JsonValueKind.Null ? null : member.Value.GetDouble(), record.Stderr); break;
            case "higher_is_better": Assert.Equal(member.Value.GetBoolean(), record.HigherIsBetter); break;
            case "ranked" or "valid": Assert.Equal(member.Value.GetBoolean(), score.IsRanked); break;
            case "model_sha": Assert.Equal(member.Value.GetString(), record.Model!.Revision); break;
            case "recomputed": Assert.Equal(member.Value.GetBoolean(), score.IsRecomputed); break;
            case "stated_mismatch": Assert.Equal(member.Value.GetBoolean(), score.IsMismatch); break;
            case "shots": Assert.Equal(member.Value.GetInt32(), record.Protocol.NumFewshot); break;
            case "split": Assert.Equal(member.Value.GetString(), record.Dataset!.Split); break;
            case "scenario": Assert.Equal(member.Value.GetString(), score.Scenario); break;
            case "status": Assert.Equal(ImportStanding.SelfReported, score.Standing); break;
            case "date": Assert.Equal(member.Value.GetString(), score.Date); break;
            case "notes": Assert.Equal(member.Value.GetString(), score.Notes); break;
            case "percent": Assert.Equal(member.Value.GetBoolean(), score.IsPercent); break;
            case "file" or "task" or "metric" or "filter" or "perturbation" or "note": break;
            default: Assert.Fail($"'{member.Name}' is not checked."); break;
        }
    }

    static void Predicted(string path, JsonElement expected)
    {
        if (expected.TryGetProperty("error", out var error))
        {
            var refused = Assert.Throws<EvaluationException>(() => ToyScorer().Score(Own(path), PredictionFile.Read(Own(path), Options), s_frame));
            Assert.Contains($"{path}, line 3: {error.GetString()}", refused.Message);
            return;
        }
        var scored = ToyScorer().Score(Own(path), PredictionFile.Read(Own(path), Options), s_frame);
        var score = Assert.Single(scored.Scores);
        Assert.Equal((expected.GetProperty("value").GetDouble(), 10), (score.Value, score.N));
        Assert.Equal(expected.GetProperty("missing").GetInt32(), scored.Missing);
        Assert.Contains("t3", Assert.Single(scored.Findings).Message);
    }

    [Fact]
    public void Results_and_samples_together_are_imported_or_show_both_values()
    {
        var samples = Own("lm-eval/samples_toy_2026-08-20T10-11-12.000001.jsonl");
        string Results(string acc) => $$$"""{"results":{"toy":{"acc,none":{{{acc}}}}},"configs":{},"config":{"limit":null}}""";
        var agreed = Assert.Single(Read(Made("results.json", Results("0.25")), samples).Scores, score => score.Record.Metric == "acc");
        Assert.Equal((ImportStanding.Imported, 0.25, false), (agreed.Standing, agreed.Record.Value, agreed.IsMismatch));
        var read = Read(Made("results.json", Results("0.35")), samples);
        var claimed = Assert.Single(read.Scores, score => score.Record.Metric == "acc");
        Assert.Equal((ImportStanding.SelfReported, 0.25, 0.35, true), (claimed.Standing, claimed.Record.Value, claimed.Stated, claimed.IsMismatch));
        Assert.Contains(read.Findings, finding => finding.IsError && finding.Message.Contains("0.35", StringComparison.Ordinal));
    }

    [Fact]
    public void A_limited_run_and_one_of_another_revision_are_not_ranked()
    {
        var limited = Read(Made("r.json", """{"results":{"x":{"acc,none":0.5}},"configs":{},"config":{"limit":10}}"""));
        Assert.Equal("limited", Assert.Single(limited.Scores).Record.Unranked);
        var other = SubmissionReader.Read([Own("lm-eval/results_2026-08-20T10-11-12.000001.json")], Options with { TargetRevision = new('b', 40) });
        Assert.All(other.Scores, score => Assert.Equal("revision unknown", score.Record.Unranked));
        var same = SubmissionReader.Read([Own("lm-eval/results_2026-08-20T10-11-12.000001.json")], Options with { TargetRevision = new('a', 40) });
        Assert.All(same.Scores, score => Assert.True(score.IsRanked));
    }

    [Fact]
    public void An_invalid_run_is_kept_and_not_ranked()
    {
        var text = File.ReadAllText(Path.Combine(s_folder, "mlperf", "mlperf_log_summary.txt"));
        Assert.False(Assert.Single(Read(Made("s.txt", text.Replace(": VALID", ": INVALID", StringComparison.Ordinal))).Scores).IsRanked);
        Assert.False(Assert.Single(Read(Made("s.txt", text.Replace("Min queries satisfied : Yes", "Min queries satisfied : NO", StringComparison.Ordinal))).Scores).IsRanked);
    }

    public static TheoryData<string, string, string> Hostile => new()
    {
        { "r.json", """{"results":{"x":{"acc,none":1e999}},"config":{}}""", "not finite" },
        { "r.json", """{"results":{"x":{"acc,none":-Infinity}},"config":{}}""", "not finite" },
        { "r.json", """{"results":{"x":{"acc,none":Infinity}},"config":{}}""", "not finite" },
        { "r.json", """{"results":{"x":{"acc,none":0.5,"acc_stderr,none":-1}},"config":{}}""", "negative" },
        { "r.json", """{"results":{"x":{"acc,none":0.5,"acc,none":0.9}},"config":{}}""", "not valid JSON" },
        { "r.json", """{"results":{"x":[1]},"config":{}}""", "no metrics" },
        { "r.json", """{"results":{},"config":{},"date":4102444800}""", "future" },
        { "r.json", """{"results":{"x":{"mcc,none":-1.5}},"config":{}}""", "outside -1..1" },
        { "r.json", """{"a":1}""", "looks like" },
        { "r.json", """{"results":{"\ud800":{"acc":0.5}},"config":{}}""", "not valid Unicode" },
        { "r.json", "", "empty" },
        { "r.json", "{\"results\":" + new string('[', 500), "deeper" },
        { "r.jsonl", """{"doc_id":0,"filtered_resps":["a"],"target":"a"}""" + "\n" + """{"doc_id":0,"filtered_resps":["a"],"target":"a"}""", "line 2: duplicate id" },
        { "r.jsonl", """{"doc_id":0,"filtered_resps":[["NaN","True"],["-1","True"]],"metrics":["acc"],"acc":1}""", "not finite" },
        { "m.json", """[{"qsl_idx":0,"data":"zz000000"}]""", "hexadecimal" },
        { "m.json", """[{"qsl_idx":0,"data":"00"}]""", "no number" },
        { "stats.json", """[{"name":{"name":"exact_match","split":"test"},"count":1,"mean":0.5}]""", "run_spec.json" },
        { "summary.csv", "dataset,version,metric,mode,m\na,-,accuracy,gen,144.4\n", "line 2" },
        { "summary.csv", "dataset,version,metric,mode,m\na,-,accuracy\n", "3 cells" },
        { "s.txt", "MLPerf Results Summary\nScenario : Sideways\n", "Sideways" },
        { "README.md", "---\nmodel-index: *a\n---\n", "references" },
        { "README.md", "---\nmodel-index: [\n---\n", "not valid YAML" },
        { "README.md", "---\nmodel-index:\n", "does not end" },
        { "e.yaml", "- &a [dataset]\n- *a\n", "references" },
        { "p.csv", "id,prediction\na,1\n", "predictions" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public void Hostile_files_are_refused_with_a_reason(string path, string text, string reason)
    {
        var message = Refused(Made(path, text));
        Assert.Contains(reason, message);
        Assert.StartsWith(path, message);
    }

    [Fact]
    public void Text_that_is_not_UTF8_and_files_that_are_too_large_are_refused()
    {
        Assert.Contains("UTF-8", Refused(SubmissionFile.Of("r.json", new byte[] { (byte)'{', 0xff, 0xfe, (byte)'}' })));
        Assert.Contains("UTF-8", Assert.Throws<EvaluationException>(() => PredictionFile.Read(SubmissionFile.Of("p.csv", (byte[])[.. "id,prediction\na,"u8, 0xff, (byte)'\n']), Options)).Message);
        var huge = new SubmissionFile("r.json", 1L << 40, () => new MemoryStream("{\"results\":{}}"u8.ToArray()));
        Assert.Contains("at most", Refused(huge));
        Assert.Contains("longer than", Assert.Throws<EvaluationException>(() => PredictionFile.Read(Made("p.jsonl", "{\"id\":\"" + new string('x', 17 << 20)), Options)).Message);
    }

    [Fact]
    public void Wrong_entries_of_a_card_are_left_out_and_reported_by_line()
    {
        var read = Read(Made("README.md", "---\nmodel-index:\n- name: m\n  results:\n  - dataset: {type: d}\n    metrics:\n    - {type: accuracy, value: 91.2}\n    - {type: accuracy, value: 91.2%}\n    - {type: f1, value: .nan}\n    - {value: 1}\n    - {type: f1, value: many}\n---\n"));
        var score = Assert.Single(read.Scores);
        Assert.Equal((0.912, 91.2, 8), (Math.Round(score.Record.Value!.Value, 12), score.Stated, score.Line));
        Assert.Equal([7, 9, 10, 11], read.Findings.Select(finding => finding.Line!.Value));
        Assert.All(read.Findings, finding => Assert.True(finding.IsError));
        var results = Read(Made("e.yaml", "- dataset: {id: a/b, task_id: t}\n  value: 1\n  date: \"2031-01-01\"\n- dataset: {id: a/b}\n  value: 1\n- dataset: {id: a/b, task_id: t}\n  value: .inf\n- dataset: {id: a/b, task_id: t}\n  value: \"2.5\"\n"));
        Assert.Equal(2.5, Assert.Single(results.Scores).Record.Value);
        Assert.Equal([1, 4, 6], results.Findings.Select(finding => finding.Line!.Value));
    }

    [Fact]
    public void Predictions_of_every_kind_are_scored()
    {
        ScoredPredictions Score(string lines, PredictionScorer scorer) => scorer.Score(Made("p", lines), PredictionFile.Read(Made("p", lines), Options), s_frame);
        string[] names = ["cat", "dog"];
        PredictionLabel[] labels = [new("a", "cat", "small"), new("b", "dog", "large"), new("c", 1L, "large")];
        var classes = new PredictionScorer(labels, [MetricCatalogue.Create("acc"), MetricCatalogue.Create("f1")], names);
        var named = Score("id,prediction\r\nb,dog\r\n\"a\",\"cat\"\r\nc,0\r\n", classes);
        Assert.Equal([2 / 3.0, 0.5, 1], named.Scores.Where(score => score.Metric == "acc").Select(score => score.Value!.Value));
        Assert.Equal([null, "large", "small"], named.Scores.Where(score => score.Metric == "acc").Select(score => score.Subgroup));
        var scored = Score("""{"id":"a","scores":[0.9,0.1]}""" + "\n" + """{"id":"b","scores":[-3,5]}""", new(labels, [MetricCatalogue.Create("acc"), MetricCatalogue.Create("nll")], names));
        Assert.Equal((2 / 3.0, 1), (scored.Scores[0].Value, scored.Missing));
        var likely = Score("""{"id":"a","loglikelihoods":[-3,-1]}""", new([new("a", 1L, null, ["x", "yy"])], [MetricCatalogue.Create("acc_norm")]));
        Assert.Equal(1, likely.Scores[0].Value);
        var numbers = new PredictionScorer([new("a", 1.0), new("b", "2")], [MetricCatalogue.Create("mae")], isRegression: true);
        Assert.Equal(0.25, Score("id,prediction\na,1.5\nb,2\n", numbers).Scores[0].Value);
        Assert.Contains("no prediction", Assert.Throws<EvaluationException>(() => Score("id,prediction\na,1.5\n", numbers)).Message);
        foreach (var wrong in new[] { "bird", "2", "-1", "1.5", "NaN" })
            Assert.Contains("out of range", Assert.Throws<EvaluationException>(() => Score($"id,prediction\na,{wrong}\n", classes)).Message);
        Assert.Contains("3 scores for 2 classes", Assert.Throws<EvaluationException>(() => Score("""{"id":"a","scores":[1,2,3]}""", classes)).Message);
        Assert.Contains("this row holds", Assert.Throws<EvaluationException>(() => Score("""{"id":"a","scores":[1,2]}""" + "\n" + """{"id":"b","prediction":1}""", classes)).Message);
        Assert.Contains("not finite", Assert.Throws<EvaluationException>(() => Score("""{"id":"a","scores":[1e999,2]}""", classes)).Message);
    }

    [Fact]
    public void Published_figures_of_the_anomaly_scores_come_out_exactly()
    {
        foreach (var row in File.ReadLines(SharedEvaluation.Require("mlperf-tiny-ad/result.csv")).Skip(2).Take(4))
        {
            var cells = row.Split(',');
            var outcomes = File.ReadLines(SharedEvaluation.Require($"mlperf-tiny-ad/anomaly_score_ToyCar_id_{cells[0]}.csv")).Select(line => line.Split(','))
                .Select(Outcome (sample) => new NumberOutcome(double.Parse(sample[1]), sample[0].StartsWith("anomaly", StringComparison.Ordinal) ? 1 : 0)).ToArray();
            Assert.Equal(double.Parse(cells[1]), MetricCatalogue.Create("roc_auc").Aggregate(outcomes, new(BootstrapIterations: 0)).Value!.Value, 2e-16);
            Assert.Equal(double.Parse(cells[2]), MetricCatalogue.Create("pauc").Aggregate(outcomes, new(BootstrapIterations: 0)).Value!.Value, 2e-16);
        }
    }

    [Fact]
    public void Naive_Bayes_on_banking_questions_scores_what_its_makers_say()
    {
        var file = SharedEvaluation.Require("banking77/submission_naive_bayes.jsonl");
        var labels = SubmissionText.Rows(SubmissionFile.Of("test.csv", File.ReadAllBytes(SharedEvaluation.Require("banking77/test.csv"))), Options).Skip(1).Select(row => row.Cells[1]).ToList();
        var scorer = new PredictionScorer([.. labels.Select((name, row) => new PredictionLabel($"{row}", name))], [MetricCatalogue.Create("acc")], [.. labels.Distinct().Order(StringComparer.Ordinal)]);
        var submission = SubmissionFile.Of("p.jsonl", File.ReadAllBytes(file));
        var scored = scorer.Score(submission, PredictionFile.Read(submission, Options), s_frame);
        Assert.Equal((0.8639610389610389, 3080, 0), (scored.Scores[0].Value, scored.Scores[0].N, scored.Missing));
    }

    [Fact]
    public void Code_samples_are_kept_until_they_run()
    {
        var read = Read(SubmissionFile.Of("s.jsonl", File.ReadAllBytes(SharedEvaluation.Require("humaneval/example_samples.jsonl"))));
        Assert.Equal(6, read.Samples.Count);
        Assert.Empty(read.Scores);
        Assert.Contains("6 completions of 1 problems", Assert.Single(read.Findings).Message);
    }
}

using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Evaluation.Records;
using ModelZoo.Hub.Evaluations.Signing;
using static ModelZoo.Hub.Tests.Evaluations.MeasuredRepositories;

namespace ModelZoo.Hub.Tests.Evaluations;

/// <summary>The hub measures: from the wish to a commit whose values are signed, and all that may come between.</summary>
public abstract class EvaluationRunTests(TestHub hub)
{
    [Fact]
    public async Task A_run_commits_signed_values_with_their_evidence_and_samples()
    {
        RequireRuntime();
        var (model, benchmark) = (await ClassifierAsync(hub.Ada), await QuestionsAsync(hub.Ada, 40));
        var head = await hub.Ada.HeadAsync(model);
        var begun = await hub.Ada.BeginAsync(model, benchmark);
        Assert.Equal(("teller_questions", head), ((string)begun["task"]!, (string)begun["commit"]!));

        var done = await hub.Ada.EndAsync(begun);

        Assert.True((string?)done["state"] == "done", $"{done}");
        Assert.Equal((string)done["resultCommit"]!, await hub.Ada.HeadAsync(model));
        var stem = benchmark.Replace("/", "--");
        var yaml = Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(model, $".eval_results/{stem}.yaml"));
        Assert.Contains($"id: {benchmark}\n    task_id: teller_questions\n", yaml);
        var records = ScoreRecords.Parse(await hub.Ada.ReadFileAsync(model, $".eval_results/evidence/{stem}--teller_questions.json"));
        var accuracy = records.Single(record => record.Metric == "acc");
        Assert.InRange(accuracy.Value!.Value, 0.5, 1.0);
        Assert.Equal((40, head, benchmark), (accuracy.N, accuracy.Model!.Revision, accuracy.Dataset!.Repo));
        Assert.Contains($"value: {accuracy.Value}", yaml);

        var packed = await hub.Ada.ReadFileAsync(model, accuracy.Samples!.Path);
        await using var unpacked = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        var samples = new MemoryStream();
        await unpacked.CopyToAsync(samples);
        Assert.Equal(40, Encoding.UTF8.GetString(samples.ToArray()).Count(c => c == '\n'));
        Assert.Equal(accuracy.Samples.Digest, Convert.ToHexStringLower(SHA256.HashData(samples.ToArray())));

        var token = yaml.Split('\n').First(line => line.Contains("verifyToken")).Split(": ")[1];
        var claim = (await hub.Get<ScoreSigner>().VerifyAsync(token, default))!;
        Assert.Equal((model, head, benchmark, "acc", accuracy.Value.Value, accuracy.Task.Hash), (claim.Model, claim.Commit, claim.Dataset, claim.Metric, claim.Value, claim.TaskHash));
        Assert.Equal(accuracy.Model.Digest, claim.FilesDigest);
        Assert.Null(await hub.Get<ScoreSigner>().VerifyAsync(token[..^4] + "AAAA", default));
        AssertVerifiesOutside(token, await hub.Nobody.GetJsonAsync("/api/zoo/keys"));

        var page = await hub.Nobody.GetJsonAsync($"/api/zoo/evaluations/{begun["id"]}/samples?limit=40");
        Assert.Equal(40, (int)page["total"]!);
        Assert.Equal(40 - (int)Math.Round(accuracy.Value.Value * 40), (int)page["wrong"]!);
        Assert.True(page["samples"]!.AsArray().Select(sample => (bool)sample!["isWrong"]!).SequenceEqual(page["samples"]!.AsArray().Select(sample => (bool)sample!["isWrong"]!).OrderDescending()));
        Assert.Equal("q0", (string)(await hub.Nobody.GetJsonAsync($"/api/zoo/evaluations/{begun["id"]}/samples?order=file&limit=1"))["samples"]![0]!["record"]!["id"]!);
        Assert.Contains((await hub.Nobody.GetJsonAsync($"/api/zoo/evaluations?model={model}")).AsArray(), one => (string)one!["id"]! == (string)begun["id"]!);
        await AssertPagesAsync(begun, model);
    }

    /// <summary>With the published key alone, as anybody could.</summary>
    static void AssertVerifiesOutside(string token, JsonNode keys)
    {
        var key = keys["keys"]![0]!;
        byte[] Bytes(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = Bytes((string)key["x"]!), Y = Bytes((string)key["y"]!) } });
        var parts = token.Split('.');
        Assert.True(ecdsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Bytes(parts[2]), HashAlgorithmName.SHA256));
        Assert.Null(key["d"]);
    }

    async Task AssertPagesAsync(JsonNode begun, string model)
    {
        foreach (var path in (string[])["/evaluations", $"/evaluations?model={model}", $"/evaluations/{begun["id"]}", $"/evaluations/{begun["id"]}?order=file&skip=20"])
        {
            var html = await hub.Nobody.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, html.StatusCode);
            var text = await html.Content.ReadAsStringAsync();
            Assert.Contains("teller_questions", text);
            Assert.InRange(text.Length, 1, 60_000);
        }
    }

    [Fact]
    public async Task What_is_measured_already_is_not_measured_again_and_a_second_run_finds_the_same()
    {
        RequireRuntime();
        var (model, benchmark) = (await ClassifierAsync(hub.Ada), await QuestionsAsync(hub.Ada, 20));
        var first = await hub.Ada.EndAsync(await hub.Ada.BeginAsync(model, benchmark));
        Assert.True((string?)first["state"] == "done", $"{first}");
        await hub.Ada.CommitTextAsync(model, "README.md", "# other words");     // no file that the run read
        var head = await hub.Ada.HeadAsync(model);

        var same = await hub.Ada.EndAsync(await hub.Ada.BeginAsync(model, benchmark));
        var again = await hub.Ada.EndAsync(await hub.Ada.BeginAsync(model, benchmark, again: true));

        Assert.StartsWith("Measured already: teller_questions acc ", (string)same["message"]!);
        Assert.EndsWith("The repository states exactly this already.", (string)again["message"]!);
        Assert.Equal(head, await hub.Ada.HeadAsync(model));
        Assert.Equal((string)first["scores"]![0]!["samples"]!["digest"]!, (string)again["scores"]![0]!["samples"]!["digest"]!);
    }

    [Fact]
    public async Task Who_may_not_write_proposes_the_result_and_a_limited_run_changes_nothing()
    {
        RequireRuntime();
        var (model, benchmark) = (await ClassifierAsync(hub.Ada), await QuestionsAsync(hub.Ada, 20));
        var head = await hub.Ada.HeadAsync(model);
        var reader = await hub.JoinAsync();

        var limited = await reader.EndAsync(await reader.BeginAsync(model, benchmark, limit: 5));
        var whole = await reader.EndAsync(await reader.BeginAsync(model, benchmark));

        Assert.Contains("Limited to 5 samples, so no repository was changed", (string)limited["message"]!);
        Assert.Equal((5, (JsonNode?)null), ((int)limited["samplesDone"]!, limited["resultCommit"]));
        Assert.Equal(5, (int)(await reader.GetJsonAsync($"/api/zoo/evaluations/{limited["id"]}/samples"))["total"]!);
        Assert.Equal(head, await hub.Ada.HeadAsync(model));
        var pull = (long)whole["pullRequest"]!;
        Assert.Contains("task_id: teller_questions", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(model, $".eval_results/{benchmark.Replace("/", "--")}.yaml", $"refs/pr/{pull}")));
    }

    [Fact]
    public async Task Samples_of_private_data_stay_with_those_who_may_read_both()
    {
        RequireRuntime();
        var ben = await hub.JoinAsync();
        var (model, benchmark) = (await ClassifierAsync(ben), await QuestionsAsync(ben, 10, isPrivate: true));
        var stranger = await hub.JoinAsync();

        var done = await ben.EndAsync(await ben.BeginAsync(model, benchmark));

        Assert.True((string?)done["state"] == "done", $"{done}");
        Assert.DoesNotContain(await TreeAsync(model), path => path.StartsWith(".eval_results/samples"));
        Assert.Equal(10, (int)(await ben.GetJsonAsync($"/api/zoo/evaluations/{done["id"]}/samples"))["total"]!);
        foreach (var path in (string[])["", "/samples", "/log"])
            Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/api/zoo/evaluations/{done["id"]}{path}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/evaluations/{done["id"]}")).StatusCode);
        Assert.Empty((await stranger.GetJsonAsync($"/api/zoo/evaluations?model={model}")).AsArray());
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.SendAsync(HttpMethod.Post, "/api/zoo/evaluations", new { model, benchmark })).StatusCode);
    }

    async Task<IReadOnlyList<string>> TreeAsync(string model) => [.. (await hub.Ada.GetJsonAsync($"/api/models/{model}/tree/main?recursive=true")).AsArray().Select(entry => (string)entry!["path"]!)];

    [Fact]
    public async Task A_run_is_cancelled_while_it_goes_on()
    {
        RequireRuntime();
        var (model, benchmark) = (await ClassifierAsync(hub.Ada), await QuestionsAsync(hub.Ada, 30_000));
        var begun = await hub.Ada.BeginAsync(model, benchmark);
        await hub.Ada.UnderWayAsync(begun, 1);
        var stranger = await hub.JoinAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync(HttpMethod.Post, $"/api/zoo/evaluations/{begun["id"]}/cancel")).StatusCode);

        await hub.Ada.PostJsonAsync($"/api/zoo/evaluations/{begun["id"]}/cancel", new { });
        await hub.SettleAsync();

        var ended = await hub.Ada.GetJsonAsync($"/api/zoo/evaluations/{begun["id"]}");
        Assert.Equal(("cancelled", "Cancelled by ada."), ((string)ended["state"]!, (string)ended["message"]!));
        Assert.Equal(HttpStatusCode.Conflict, (await hub.Ada.SendAsync(HttpMethod.Post, $"/api/zoo/evaluations/{begun["id"]}/cancel")).StatusCode);
        Assert.DoesNotContain(await TreeAsync(model), path => path.StartsWith(".eval_results"));
    }

    [Theory]
    [InlineData("endless", "longer than")]
    [InlineData("hungry", "memory")]
    [InlineData("garbage", "")]
    public async Task A_model_that_misbehaves_is_a_failed_run_and_the_hub_goes_on(string kind, string words)
    {
        RequireRuntime();
        var model = await GraphAsync(hub.Ada, kind switch { "endless" => EndlessGraph(), "hungry" => HungryGraph(), _ => RandomNumberGenerator.GetBytes(5_000) });
        var benchmark = await NumbersAsync(hub.Ada);

        var ended = await hub.Ada.EndAsync(await hub.Ada.BeginAsync(model, benchmark));

        Assert.True((string?)ended["state"] == "failed", $"{ended}");
        Assert.Contains(words, (string)ended["message"]!);
        Assert.NotEqual("", (string)ended["message"]!);
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task Wishes_that_cannot_be_are_refused_in_words()
    {
        var model = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(model, "config.json", "{}");
        var benchmark = await NumbersAsync(hub.Ada);
        async Task<string> RefusedAsync(object wish)
        {
            var answer = await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/evaluations", wish);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!;
        }
        Assert.Equal("The benchmark has no task 'nothing'; there are numbers.", await RefusedAsync(new { model, benchmark, task = "nothing" }));
        Assert.Equal("\"limit\" must be a positive number.", await RefusedAsync(new { model, benchmark, limit = 0 }));
        Assert.Equal("This hub has no endpoints; an administrator configures them.", await RefusedAsync(new { model, benchmark, endpoint = "x" }));
        Assert.Contains("is no field here", await RefusedAsync(new { model, benchmark, tasks = "x" }));
        await hub.Ada.CommitTextAsync($"datasets/{benchmark}", "tasks/numbers.yaml", "task: numbers\ndataset_path: zoo/numbers\ntest_split: test\nprocess_docs: !function utils.process\noutput_type: classification\n");
        Assert.Contains("!function utils.process", await RefusedAsync(new { model, benchmark }));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/evaluations", new { model, benchmark = "ada/nothing" })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.SendAsync(HttpMethod.Post, "/api/zoo/evaluations", new { model, benchmark })).StatusCode);
    }

    [Fact]
    public async Task A_new_key_signs_and_the_old_one_still_verifies()
    {
        var signer = hub.Get<ScoreSigner>();
        var claim = new ScoreClaim { Model = "a/b", Commit = "c", Dataset = "d/e", DatasetCommit = "f", TaskId = "t", Metric = "acc", Filter = "none", Value = 0.1 + 0.2 };
        var before = await signer.SignAsync(claim, default);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await hub.JoinAsync()).SendAsync(HttpMethod.Post, "/api/zoo/keys/rotate")).StatusCode);

        var keys = await hub.Ada.PostJsonAsync("/api/zoo/keys/rotate", new { });

        var after = await signer.SignAsync(claim, default);
        Assert.True(keys["keys"]!.AsArray().Count >= 2);
        Assert.NotEqual(before.Split('.')[0], after.Split('.')[0]);
        Assert.Equal(0.1 + 0.2, (await signer.VerifyAsync(before, default))!.Value);
        Assert.Equal(0.1 + 0.2, (await signer.VerifyAsync(after, default))!.Value);
        Assert.Null(await signer.VerifyAsync("eyJhbGciOiJub25lIn0.e30.", default));
    }
}

public sealed class EvaluationRunTests_Sqlite(SqliteHub hub) : EvaluationRunTests(hub), IClassFixture<SqliteHub>;
public sealed class EvaluationRunTests_Postgres(PostgresHub hub) : EvaluationRunTests(hub), IClassFixture<PostgresHub>;

using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Evaluations;

public abstract class SubmissionTests(TestHub hub)
{
    const string LmEval = """
        {"results": {"digits": {"alias": "digits", "acc,none": 0.75, "acc_stderr,none": 0.0125}, "elsewhere": {"acc,none": 0.5}}, "configs": {"digits": {}, "elsewhere": {}}, "n-shot": {"digits": 5},
         "n-samples": {"digits": {"original": 1200, "effective": 1200}}, "higher_is_better": {"digits": {"acc": true}}, "config": {"model": "hf", "model_sha": "SHA", "limit": null}, "date": 1755000000}
        """;

    [Fact]
    public async Task Results_become_a_commit_for_writers_and_a_pull_request_for_others_and_twice_is_once()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var owner = await hub.JoinAsync();
        var model = await owner.CreateAsync();
        var commit = await owner.CommitTextAsync(model, "weights.onnx", "w");
        var answer = await TestActor.ReadAsync(await SendAsync(owner, model, data, LmEval.Replace("SHA", commit, StringComparison.Ordinal)));
        var score = Assert.Single(answer["scores"]!.AsArray())!;
        Assert.Equal((0.75, "digits", "acc"), ((double)score["value"]!, (string)score["task"]!, (string)score["metric"]!));
        Assert.Contains("elsewhere", answer["findings"]!.ToJsonString());
        var entry = Assert.Single((await hub.Nobody.BoardAsync(data, "digits"))["entries"]!.AsArray())!;
        Assert.Equal((0.0125, 1200), ((double)entry["stderr"]!, (int)entry["n"]!));
        Assert.Equal(commit, (string)entry["commit"]!);
        var again = await TestActor.ReadAsync(await SendAsync(owner, model, data, LmEval.Replace("SHA", commit, StringComparison.Ordinal)));
        Assert.Equal((string)answer["commit"]!, (string)again["commit"]!);

        var friend = await hub.JoinAsync();
        var proposed = await TestActor.ReadAsync(await SendAsync(friend, model, data, LmEval.Replace("0.75", "0.99", StringComparison.Ordinal).Replace("SHA", commit, StringComparison.Ordinal)));
        Assert.Equal(1, (int)proposed["pullRequest"]!);
        Assert.Equal(0.75, (double)(await hub.Nobody.BoardAsync(data, "digits"))["entries"]![0]!["value"]!);

        var reader = await hub.JoinAsync(role: Hub.Accounts.CredentialRole.Read);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(reader, model, data, LmEval)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(hub.Nobody, model, data, LmEval)).StatusCode);
        var hidden = await owner.CreateAsync(isPrivate: true);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(friend, hidden, data, LmEval)).StatusCode);
    }

    [Fact]
    public async Task A_revision_that_is_not_stored_is_unbound_and_never_ranked()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateModelAsync("[]");
        var answer = await TestActor.ReadAsync(await SendAsync(hub.Ada, model, data, LmEval.Replace("SHA", new string('b', 40), StringComparison.Ordinal)));
        Assert.Contains("Unbound", (string)answer["scores"]![0]!["unranked"]!);
        var board = await hub.Nobody.BoardAsync(data, "digits");
        Assert.Empty(board["entries"]!.AsArray());
        Assert.Contains("Unbound", (string)Assert.Single(board["unranked"]!.AsArray())!["unranked"]!);

        await TestActor.ReadAsync(await SendAsync(hub.Ada, model, data, LmEval.Replace("\"SHA\"", "null", StringComparison.Ordinal).Replace("\"limit\": null", "\"limit\": 10", StringComparison.Ordinal)));
        Assert.Empty((await hub.Nobody.BoardAsync(data, "digits"))["entries"]!.AsArray());
    }

    [Fact]
    public async Task Predictions_are_scored_against_hidden_labels_that_no_answer_tells_and_only_so_often()
    {
        var keeper = await hub.JoinAsync();
        var secret = await keeper.CreateAsync(type: "dataset", isPrivate: true);
        await keeper.CommitTextAsync($"datasets/{secret}", "labels.csv", "id,label\nrow-a,1\nrow-b,0\nrow-c,1\nrow-d,1\n");
        var data = await keeper.CreateBenchmarkAsync($"name: Hidden\ntasks:\n- {{id: digits, zoo: {{metric: acc}}}}\nzoo: {{labels: {secret}/labels.csv, daily: 4}}\n");
        var player = await hub.JoinAsync();
        var model = await player.CreateModelAsync("[]");
        Assert.DoesNotContain(secret, (await player.GetJsonAsync($"/api/zoo/leaderboards/{data}")).ToJsonString());

        var answer = await TestActor.ReadAsync(await SendAsync(player, model, data, "id,prediction\nrow-a,1\nrow-b,1\nrow-c,1\n"));
        Assert.Equal(0.5, (double)answer["scores"]![0]!["value"]!);
        Assert.Equal(3, (int)answer["attemptsLeft"]!);
        Assert.Contains("1 of 4", answer["findings"]!.ToJsonString());
        Assert.DoesNotContain("row-d", answer.ToJsonString());
        Assert.Equal("reported", (string)(await hub.Nobody.BoardAsync(data, "digits"))["entries"]![0]!["standing"]!);
        Assert.DoesNotContain("samples", string.Join(' ', (await hub.Nobody.GetJsonAsync($"/api/models/{model}/tree/main?recursive=true")).AsArray().Select(file => (string)file!["path"]!)));

        foreach (var (file, words) in ((string, string)[])[("id,prediction\nrow-a,1\nrow-x,1\n", "unknown id"), ("id,prediction\nrow-a,1\nrow-a,1\n", "duplicate id"), ("{\"id\": \"row-a\", \"scores\": [0.5]}\n", "do not fit")])
        {
            var refused = await SendAsync(player, model, data, file);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            var text = await refused.Content.ReadAsStringAsync();
            Assert.Contains(words, text);
            Assert.DoesNotContain("row-b", text);
            Assert.DoesNotContain("label", text);
        }
        // Refused ones told something, too.
        var probe = await SendAsync(player, model, data, "id,prediction\nrow-a,1\nrow-b,0\nrow-c,1\nrow-d,1\n");
        Assert.Equal(HttpStatusCode.TooManyRequests, probe.StatusCode);
        var other = await hub.JoinAsync();
        var theirs = await other.CreateModelAsync("[]");
        Assert.Equal(1.0, (double)(await TestActor.ReadAsync(await SendAsync(other, theirs, data, "id,prediction\nrow-a,1\nrow-b,0\nrow-c,1\nrow-d,1\n")))["scores"]![0]!["value"]!);
    }

    [Fact]
    public async Task Attempts_at_the_same_moment_are_counted_one_after_the_other()
    {
        var data = await hub.Ada.CreateBenchmarkAsync("name: Open\ntasks:\n- {id: digits, zoo: {metric: acc, labels: labels.csv}}\nzoo: {daily: 3}\n", false, TestActor.File("labels.csv", "id,label\na,1\nb,0\n"));
        var player = await hub.JoinAsync();
        var model = await player.CreateModelAsync("[]");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => SendAsync(player, model, data, $"id,prediction\na,{i % 2}\nb,{i / 2 % 2}\n")));
        Assert.Equal(3, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task Nobody_scores_against_the_labels_of_somebody_else()
    {
        var victim = await hub.JoinAsync();
        var secret = await victim.CreateAsync(type: "dataset", isPrivate: true);
        await victim.CommitTextAsync($"datasets/{secret}", "labels.csv", "id,label\na,1\n");
        var data = await hub.Ada.CreateBenchmarkAsync($"name: Thief\ntasks:\n- {{id: digits, zoo: {{metric: acc, labels: {secret}/labels.csv}}}}\n");
        var model = await hub.Ada.CreateModelAsync("[]");
        var refused = await SendAsync(hub.Ada, model, data, "id,prediction\na,1\n");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("cannot be read", await refused.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Broken_files_and_archives_are_refused_with_a_sentence()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateModelAsync("[]");
        foreach (var (content, status) in ((byte[], HttpStatusCode)[])
                 [([], HttpStatusCode.UnprocessableEntity), ("nothing known"u8.ToArray(), HttpStatusCode.UnprocessableEntity), ([.. "PK\u0003\u0004"u8, .. new byte[100]], HttpStatusCode.BadRequest), (Bomb(), HttpStatusCode.RequestEntityTooLarge),
                  (Encoding.UTF8.GetBytes(LmEval.Replace("0.75", "75.0", StringComparison.Ordinal)), HttpStatusCode.UnprocessableEntity), (Encoding.UTF8.GetBytes(LmEval.Replace("0.75", "NaN", StringComparison.Ordinal)), HttpStatusCode.UnprocessableEntity)])
        {
            var answer = await hub.Ada.Http.PostAsync($"/api/zoo/submissions?model={model}&benchmark={data}", new ByteArrayContent(content));
            Assert.Equal(status, answer.StatusCode);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.Http.PostAsync($"/api/zoo/submissions?model={model}&benchmark={data}&task=none", new StringContent(LmEval))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.Http.PostAsync($"/api/zoo/submissions?benchmark={data}", new StringContent(LmEval))).StatusCode);

        static byte[] Bomb()
        {
            using var buffer = new MemoryStream();
            using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
            {
                using var entry = archive.CreateEntry("results.json").Open();
                var zeros = new byte[1 << 20];
                for (var i = 0; i < 400; i++) entry.Write(zeros);
            }
            return buffer.ToArray();
        }
    }

    [Fact]
    public async Task The_published_table_of_BLiMP_builds_its_leaderboards_with_the_published_means()
    {
        var file = Path.Combine(Folder(), "shared/data/eval/blimp/models_summary.jsonl");
        if (!File.Exists(file)) Assert.Skip("The published table is not here.");
        var rows = File.ReadLines(file).Select(line => JsonNode.Parse(line)!).ToList();
        var tasks = rows.Where(row => (string)row["UID"]! != "overall").ToList();
        var categories = tasks.GroupBy(row => (string)row["linguistics_term"]!).ToList();
        Assert.Equal((67, 12), (tasks.Count, categories.Count));
        var eval = new StringBuilder("name: BLiMP\ntasks:\n");
        foreach (var task in tasks) eval.Append($"- {{id: blimp_{task["UID"]}, zoo: {{metric: acc, chance: 0.5}}}}\n");
        eval.Append("zoo:\n  suites:\n");
        foreach (var category in categories) eval.Append($"  - {{id: {category.Key}, tasks: [{string.Join(", ", category.Select(task => $"blimp_{task["UID"]}"))}]}}\n");
        eval.Append($"  - {{id: blimp, tasks: [{string.Join(", ", tasks.Select(task => $"blimp_{task["UID"]}"))}]}}\n  - {{id: by_category, tasks: [{string.Join(", ", categories.Select(category => category.Key))}]}}\n");
        var data = await hub.Ada.CreateBenchmarkAsync(eval.ToString());
        var models = new Dictionary<string, string>();
        foreach (var name in (string[])["ngram", "lstm", "txl", "gpt2"])
        {
            models[name] = await hub.Ada.CreateModelAsync("[]");
            var answer = await TestActor.ReadAsync(await hub.Ada.Http.PostAsync($"/api/zoo/submissions?model={models[name]}&benchmark={data}&name={name}", new ByteArrayContent(await File.ReadAllBytesAsync(file))));
            Assert.Equal(67, answer["scores"]!.AsArray().Count(score => ((string)score!["task"]!).StartsWith("blimp_", StringComparison.Ordinal)));
        }
        Assert.Equal(67 + 12 + 2, (await hub.Nobody.GetJsonAsync($"/api/zoo/leaderboards/{data}"))["tasks"]!.AsArray().Count);
        var overall = await RowsAsync("blimp");
        foreach (var (name, mean, wins, winsByCategory) in ((string, double, double, double)[])
                 [("ngram", 0.612403, 0.213930, 0.111111), ("lstm", 0.698119, 0.465174, 0.416667), ("txl", 0.696254, 0.422886, 0.472222), ("gpt2", 0.830239, 0.898010, 1.0)])
        {
            Assert.Equal(mean, (double)overall[models[name]]["value"]!, 6);
            Assert.Equal(wins, (double)overall[models[name]]["meanWinRate"]!, 6);
            Assert.Equal(winsByCategory, (double)(await RowsAsync("by_category"))[models[name]]["meanWinRate"]!, 6);
        }

        async Task<Dictionary<string, JsonNode>> RowsAsync(string suite) => (await hub.Nobody.BoardAsync(data, suite))["entries"]!.AsArray().ToDictionary(row => (string)row!["model"]!, row => row!);
    }

    static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "shared"))) return folder.FullName;
        return AppContext.BaseDirectory;
    }

    static Task<HttpResponseMessage> SendAsync(TestActor actor, string model, string data, string content) =>
        actor.Http.PostAsync($"/api/zoo/submissions?model={model}&benchmark={data}&file=file.txt", new StringContent(content));
}

public sealed class SubmissionTests_Sqlite(SqliteHub hub) : SubmissionTests(hub), IClassFixture<SqliteHub>;
public sealed class SubmissionTests_Postgres(PostgresHub hub) : SubmissionTests(hub), IClassFixture<PostgresHub>;

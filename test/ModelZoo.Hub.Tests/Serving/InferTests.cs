using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Serving.Hosting;
using ModelZoo.Hub.Tests.Web;

namespace ModelZoo.Hub.Tests.Serving;

/// <summary>Models that answer requests: who may ask which, in the hub's own dialect; and models that harm nobody but themselves.</summary>
public abstract class InferTests(TestHub hub)
{
    [Fact]
    public async Task A_model_answers_once_an_administrator_admitted_it_and_no_longer_when_it_is_dismissed()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, TestActor.File("model.onnx", TinyModels.Table()));
        var asked = new { inputs = (float[][])[[1, 2], [3, 4]] };

        var refused = await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer", asked);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("zoo admin serve", await refused.Content.ReadAsStringAsync());
        Assert.False((await user.GetJsonAsync($"/api/models/{model}/infer"))["admitted"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.Forbidden, (await user.SendAsync(HttpMethod.Post, "/api/zoo/serving/models", new { model })).StatusCode);

        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var answer = await user.PostJsonAsync($"/api/models/{model}/infer", asked);
        Assert.Equal("tabular-classification", answer["task"]!.GetValue<string>());
        Assert.Equal(await user.HeadAsync(model), answer["commit"]!.GetValue<string>());
        Assert.Equal([5, 10], Scores(answer["outputs"]![0]!));
        Assert.Equal([11, 30], Scores(answer["outputs"]![1]!));
        Assert.Equal([5, 10], Scores((await hub.Nobody.PostJsonAsync($"/api/models/{model}/infer", new { inputs = (float[])[1, 2] }))["outputs"]!));
        var described = await hub.Nobody.GetJsonAsync($"/api/models/{model}/infer");
        Assert.Equal("x", described["inputs"]![0]!["name"]!.GetValue<string>());
        var listed = (await hub.Ada.GetJsonAsync("/api/zoo/serving/models")).AsArray().Single(one => one!["model"]!.GetValue<string>() == model)!;
        Assert.Equal("loaded", listed["workers"]![0]!["state"]!.GetValue<string>());

        Assert.Equal(HttpStatusCode.NoContent, (await hub.Ada.SendAsync(HttpMethod.Delete, $"/api/zoo/serving/models/{model}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer", asked)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Delete, $"/api/zoo/serving/models/{model}")).StatusCode);
    }

    [Fact]
    public async Task A_private_model_answers_its_readers_and_is_missing_for_others()
    {
        TinyModels.RequireRuntime();
        var (owner, stranger) = (await hub.JoinAsync(), await hub.JoinAsync());
        var model = await owner.CreateAsync(isPrivate: true);
        await owner.CommitAsync(model, TestActor.File("model.onnx", TinyModels.Table()));
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        Assert.Equal([5, 10], Scores((await owner.PostJsonAsync($"/api/models/{model}/infer", new { inputs = (float[])[1, 2] }))["outputs"]!));
        foreach (var (path, body) in ((string, object)[])
        [
            ($"/api/models/{model}/infer", new { inputs = 1 }), ("/v1/completions", new { model, prompt = "x" }), ("/v1/embeddings", new { model, input = "x" }), ($"/v2/models/{model.Replace("/", "--")}/infer", new { inputs = 1 }),
        ])
        {
            var (hidden, missing) = (await stranger.SendAsync(HttpMethod.Post, path, body), await stranger.SendAsync(HttpMethod.Post, path.Replace(model, "no/body"), path.StartsWith("/v1") ? new { model = "no/body", prompt = "x", input = "x" } : body));
            Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
            Assert.Equal(missing.StatusCode, hidden.StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.SendAsync(HttpMethod.Post, path, body)).StatusCode);
        }
        Assert.DoesNotContain(model, (await stranger.GetJsonAsync("/v1/models")).ToJsonString());
        Assert.Contains(model, (await owner.GetJsonAsync("/v1/models")).ToJsonString());
    }

    [Fact]
    public async Task Texts_are_classified_one_by_one_and_in_lists_at_any_commit()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, [.. TinyModels.Classifier()]);
        var first = await user.HeadAsync(model);
        await user.CommitAsync(model, TestActor.File("model.onnx", TinyModels.Table()));
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var answer = await user.PostJsonAsync($"/api/models/{model}/infer", new { inputs = "one three", revision = first, parameters = new { top_k = 1 } });
        Assert.Equal(("text-classification", "odd", first), (answer["task"]!.GetValue<string>(), answer["outputs"]![0]!["label"]!.GetValue<string>(), answer["commit"]!.GetValue<string>()));
        var several = await user.PostJsonAsync($"/api/models/{model}/infer?revision={first}", new { inputs = (string[])["two", "one one", "four four two"] });
        Assert.Equal(["even", "odd", "even"], several["outputs"]!.AsArray().Select(one => one![0]!["label"]!.GetValue<string>()));
        await Task.WhenAll(Enumerable.Range(0, 14).Select(async i =>
        {
            var one = await user.PostJsonAsync($"/api/models/{model}/infer?revision={first}", new { inputs = i % 2 == 0 ? "two" : "one" });
            Assert.Equal(i % 2 == 0 ? "even" : "odd", one["outputs"]![0]!["label"]!.GetValue<string>());
        }));
        foreach (var wrong in (object[])[new { inputs = 1 }, new { inputs = (string[])[] }, new { inputs = "x", task = "translation" }, new { inputs = "x", parameters = new { top_k = 0 } }, new { input = "x" }, new { }])
            Assert.Equal(HttpStatusCode.BadRequest, (await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer?revision={first}", wrong)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer?revision=nowhere", new { inputs = "x" })).StatusCode);
    }

    [Fact]
    public async Task Models_that_cannot_be_run_say_why()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        foreach (var (file, content, words) in ((string, byte[], string)[])
        [
            ("model.onnx", "this is no model"u8.ToArray(), ""), ("model.onnx", TinyModels.Cycle(), ""), ("model.onnx", TinyModels.Escape(), "etc/passwd"), ("notes.txt", "x"u8.ToArray(), "neither"), ("zoo.yaml", "adapter: magic"u8.ToArray(), "magic"),
        ])
        {
            var model = await MakeAsync(user, TestActor.File(file, content));
            await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
            var refused = await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer", new { inputs = (float[])[1, 2] });
            var text = await refused.Content.ReadAsStringAsync();
            Assert.True(refused.StatusCode == HttpStatusCode.UnprocessableEntity, $"{words}: {(int)refused.StatusCode} {text}");
            Assert.Contains(words, text);
        }
    }

    [Fact]
    public async Task A_model_that_never_ends_is_ended_and_the_others_go_on()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var (endless, good) = (await MakeAsync(user, TestActor.File("model.onnx", TinyModels.Endless())), await MakeAsync(user, TestActor.File("model.onnx", TinyModels.Table())));
        foreach (var model in (string[])[endless, good]) await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var stuck = user.SendAsync(HttpMethod.Post, $"/api/models/{endless}/infer", new { inputs = (float[])[1, 2] });
        Assert.Equal([5, 10], Scores((await user.PostJsonAsync($"/api/models/{good}/infer", new { inputs = (float[])[1, 2] }))["outputs"]!));
        var refused = await stuck;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("longer than 3 seconds", await refused.Content.ReadAsStringAsync());
        Assert.Equal([5, 10], Scores((await user.PostJsonAsync($"/api/models/{good}/infer", new { inputs = (float[])[1, 2] }))["outputs"]!));
    }

    [Fact]
    public async Task A_model_that_asks_for_a_terabyte_fails_alone()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, TestActor.File("model.onnx", TinyModels.Huge()));
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var refused = await user.SendAsync(HttpMethod.Post, $"/v2/models/{model.Replace("/", "--")}/infer", new { inputs = (object[])[new { name = "x", datatype = "FP32", shape = (int[])[1, 2], data = (float[])[1, 2] }] });
        Assert.Contains((int)refused.StatusCode, (int[])[400, 422, 503]);
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task More_than_the_queue_holds_is_refused_at_once()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, TestActor.File("model.onnx", TinyModels.Endless()));
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer", new { inputs = (float[])[1, 2] })));
        // 8 at work and 8 waiting; the rest is told to come back.
        var full = answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.Equal(8, full.Count);
        Assert.All(full, answer => Assert.NotNull(answer.Headers.RetryAfter));
        Assert.All(answers.Except(full), answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
    }

    [Fact]
    public async Task A_killed_worker_is_started_again()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, TestActor.File("model.onnx", TinyModels.Table()));
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        await user.PostJsonAsync($"/api/models/{model}/infer", new { inputs = (float[])[1, 2] });
        var host = hub.Get<ModelHost>();
        var worker = host.Models.Single(one => one.Plan.Repository.Repository.FullName == model);
        System.Diagnostics.Process.GetProcessById(worker.ProcessId!.Value).Kill();
        for (var i = 0; worker.IsLoaded && i < 200; i++) await Task.Delay(25);
        var refused = await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer", new { inputs = (float[])[1, 2] });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("worker ended", await refused.Content.ReadAsStringAsync());
        Assert.NotNull(refused.Headers.RetryAfter);
        for (var i = 0; i < 100; i++)
        {
            var again = await user.SendAsync(HttpMethod.Post, $"/api/models/{model}/infer", new { inputs = (float[])[1, 2] });
            if (again.IsSuccessStatusCode) return;
            await Task.Delay(100);
        }
        Assert.Fail("It did not come back.");
    }

    [Fact]
    public async Task Pictures_are_sent_as_they_are()
    {
        TinyModels.RequireRuntime();
        var folder = Path.GetDirectoryName(ModelZoo.Tests.Weights.SharedModels.Require("squeezenet-fp16/SqueezeNet_fp16.onnx"))!;
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, TestActor.File("model.onnx", await File.ReadAllBytesAsync(Path.Combine(folder, "SqueezeNet_fp16.onnx"))), TestActor.File("labels.json", await File.ReadAllTextAsync(Path.Combine(folder, "labels.json"))),
            TestActor.File("zoo.yaml", "adapter: onnx-image\nchannel_order: bgr\nscale: 1\noutput: probs\nlabels_file: labels.json\n"));
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var fish = new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(folder, "fish.png")));
        fish.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        var answer = await TestActor.ReadAsync(await user.Http.PostAsync($"/api/models/{model}/infer?top_k=2", fish));
        Assert.Equal("tench, Tinca tinca", answer["outputs"]![0]!["label"]!.GetValue<string>());
        Assert.Equal(0.737793, answer["outputs"]![0]!["score"]!.GetValue<double>(), 1e-3);
        var broken = new ByteArrayContent(Encoding.ASCII.GetBytes("\u0089PNG no"));
        broken.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        Assert.Equal(HttpStatusCode.BadRequest, (await user.Http.PostAsync($"/api/models/{model}/infer", broken)).StatusCode);
    }

    [Fact]
    public async Task The_page_asks_the_model_without_a_script()
    {
        TinyModels.RequireRuntime();
        var user = await hub.JoinAsync();
        var model = await MakeAsync(user, [.. TinyModels.Classifier()]);
        using var person = new PageVisitor(hub.Url);
        var closed = await person.GetAsync($"/{model}/try");
        Assert.Contains("cannot be asked", closed.Html);
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        var page = $"/{model}/try";
        var answered = await person.FillAsync(page, page, ("text", "two four"));
        Assert.Equal(200, answered.Code);
        Assert.Matches(@"(?s)even\s*</td>\s*<td class=""num"">0\.9", answered.Html);
        Assert.Contains("two four", answered.Html);
        var empty = await person.FillAsync(page, page, ("text", ""));
        Assert.Equal(400, empty.Code);
        Assert.Contains("nothing to ask", empty.Html);
    }

    internal static async Task<string> MakeAsync(TestActor user, params object[] files)
    {
        var model = await user.CreateAsync();
        await user.CommitAsync(model, [.. files.Select(file => file is (string path, byte[] content) ? TestActor.File(path, content) : file)]);
        return model;
    }

    static IEnumerable<double> Scores(JsonNode row) => row["scores"]!.AsArray().Select(score => score!["score"]!.GetValue<double>());
}

public sealed class ServingSqliteHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) => Small(options);

    /// <summary>Little time and short queues, so that what hangs is found soon.</summary>
    internal static void Small(HubOptions options) =>
        options.Hosting = new HostingOptions { RequestSeconds = 3, Concurrency = 8, Queue = 8, Models = 3, ModelBytes = 1536L << 20, TotalBytes = 6L << 30 };
}

public sealed class ServingPostgresHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) => ServingSqliteHub.Small(options);
}

public sealed class InferTests_Sqlite(ServingSqliteHub hub) : InferTests(hub), IClassFixture<ServingSqliteHub>;
public sealed class InferTests_Postgres(ServingPostgresHub hub) : InferTests(hub), IClassFixture<ServingPostgresHub>;

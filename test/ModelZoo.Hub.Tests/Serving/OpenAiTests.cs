using System.Net;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Serving;

/// <summary>OpenAI's dialect and the Open Inference Protocol, on a model of six words whose every answer is known.</summary>
public abstract class OpenAiTests(TestHub hub)
{
    const string Template = "{% for m in messages %}{{ m.content }} {% endfor %}{% if add_generation_prompt %}one{% endif %}";

    static readonly double s_sure = 10 - Math.Log(Math.Exp(10) + 5), s_unsure = -Math.Log(Math.Exp(10) + 5);

    async Task<string> ServeAsync(params object[] files)
    {
        TinyModels.RequireRuntime();
        var model = await InferTests.MakeAsync(await hub.JoinAsync(), files);
        await hub.Ada.PostJsonAsync("/api/zoo/serving/models", new { model });
        return model;
    }

    [Fact]
    public async Task A_prompt_is_continued_until_the_models_own_end()
    {
        var model = await ServeAsync(TinyModels.Language());
        var answer = await hub.Nobody.PostJsonAsync("/v1/completions", new { model, prompt = "one", temperature = 0 });
        var choice = answer["choices"]![0]!;
        Assert.Equal(("text_completion", model), (answer["object"]!.GetValue<string>(), answer["model"]!.GetValue<string>()));
        Assert.Equal((" two three four", "stop"), (choice["text"]!.GetValue<string>(), choice["finish_reason"]!.GetValue<string>()));
        Assert.Null(choice["logprobs"]);
        Assert.Equal((1, 4, 5), (answer["usage"]!["prompt_tokens"]!.GetValue<int>(), answer["usage"]!["completion_tokens"]!.GetValue<int>(), answer["usage"]!["total_tokens"]!.GetValue<int>()));
        var cut = await hub.Nobody.PostJsonAsync("/v1/completions", new { model, prompt = (int[])[1], temperature = 0, max_tokens = 2 });
        Assert.Equal((" two three", "length"), (cut["choices"]![0]!["text"]!.GetValue<string>(), cut["choices"]![0]!["finish_reason"]!.GetValue<string>()));
        var stopped = await hub.Nobody.PostJsonAsync("/v1/completions", new { model, prompt = "one", temperature = 0, stop = (string[])["three"] });
        Assert.Equal((" two ", "stop"), (stopped["choices"]![0]!["text"]!.GetValue<string>(), stopped["choices"]![0]!["finish_reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Echo_with_likelihoods_is_what_harnesses_measure_by()
    {
        var model = await ServeAsync(TinyModels.Language());
        var answer = await hub.Nobody.PostJsonAsync("/v1/completions", new { model, prompt = (int[][])[[1, 2, 4], [3, 4]], temperature = 0, max_tokens = 1, logprobs = 1, echo = true, seed = 1234 });
        var choices = answer["choices"]!.AsArray().OrderBy(choice => choice!["index"]!.GetValue<int>()).ToList();
        Assert.Equal(2, choices.Count);
        var logprobs = choices[0]!["logprobs"]!;
        Assert.Equal(["one", " two", " four", " <end>"], logprobs["tokens"]!.AsArray().Select(token => token!.GetValue<string>()));
        Assert.Null(logprobs["token_logprobs"]![0]);
        Assert.Null(logprobs["top_logprobs"]![0]);
        var values = logprobs["token_logprobs"]!.AsArray().Skip(1).Select(value => value!.GetValue<double>()).ToList();
        Assert.Equal([s_sure, s_unsure, s_sure], values, (a, b) => Math.Abs(a - b) < 1e-5);
        // As lm-evaluation-harness finds greedy tokens: the value equals the largest one.
        bool Greedy(int i) => values[i - 1] == logprobs["top_logprobs"]![i]!.AsObject().Max(pair => pair.Value!.GetValue<double>());
        Assert.True(Greedy(1));
        Assert.False(Greedy(2));
        Assert.Equal([0, 3, 7, 12], logprobs["text_offset"]!.AsArray().Select(offset => offset!.GetValue<int>()));
        var scored = await hub.Nobody.PostJsonAsync("/v1/completions", new { model, prompt = "one two", max_tokens = 0, logprobs = 0, echo = true });
        Assert.Equal(2, scored["choices"]![0]!["logprobs"]!["token_logprobs"]!.AsArray().Count);
        Assert.Equal("one two", scored["choices"]![0]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task Pieces_are_streamed_as_events()
    {
        var model = await ServeAsync(TinyModels.Language(template: Template));
        var events = await EventsAsync("/v1/completions", new { model, prompt = "one", temperature = 0, stream = true, stream_options = new { include_usage = true } });
        Assert.Equal(" two three four", string.Concat(events.Where(one => one["choices"]!.AsArray().Count > 0).Select(one => one["choices"]![0]!["text"]!.GetValue<string>())));
        Assert.Equal(4, events[^1]["usage"]!["completion_tokens"]!.GetValue<int>());
        var chat = await EventsAsync("/v1/chat/completions", new { model, messages = (object[])[new { role = "user", content = "hello" }], temperature = 0, stream = true });
        Assert.Equal("assistant", chat[0]["choices"]![0]!["delta"]!["role"]!.GetValue<string>());
        Assert.Equal(" two three four", string.Concat(chat.Select(one => one["choices"]![0]!["delta"]!["content"]?.GetValue<string>())));
        Assert.Equal("stop", chat[^1]["choices"]![0]!["finish_reason"]!.GetValue<string>());
        Assert.All(chat, one => Assert.Equal("chat.completion.chunk", one["object"]!.GetValue<string>()));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.SendAsync(HttpMethod.Post, "/v1/completions", new { model, prompt = (int[])[99], stream = true })).StatusCode);
    }

    [Fact]
    public async Task A_conversation_is_written_as_the_models_template_says()
    {
        var model = await ServeAsync(TinyModels.Language(template: Template));
        var answer = await hub.Nobody.PostJsonAsync("/v1/chat/completions", new { model, messages = (object[])[new { role = "user", content = (object[])[new { type = "text", text = "two" }] }], temperature = 0, n = 2, logprobs = true, top_logprobs = 2 });
        Assert.Equal(2, answer["choices"]!.AsArray().Count);
        var choice = answer["choices"]![1]!;
        Assert.Equal(("assistant", " two three four"), (choice["message"]!["role"]!.GetValue<string>(), choice["message"]!["content"]!.GetValue<string>()));
        Assert.Equal(2, choice["logprobs"]!["content"]![0]!["top_logprobs"]!.AsArray().Count);
        Assert.Equal(2, answer["usage"]!["prompt_tokens"]!.GetValue<int>());
        var plain = await ServeAsync(TinyModels.Language());
        var refused = await hub.Nobody.SendAsync(HttpMethod.Post, "/v1/chat/completions", new { model = plain, messages = (object[])[new { role = "user", content = "x" }] });
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("chat template", await refused.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_seed_repeats_what_was_drawn()
    {
        var model = await ServeAsync(TinyModels.Language());
        var bodies = Enumerable.Range(0, 2).Select(_ => new { model, prompt = "one", temperature = 5, seed = 7, max_tokens = 12, ignore_eos = true, n = 3 }).ToList();
        var texts = new List<string[]>();
        foreach (var body in bodies) texts.Add([.. (await hub.Nobody.PostJsonAsync("/v1/completions", body))["choices"]!.AsArray().Select(choice => choice!["text"]!.GetValue<string>())]);
        Assert.Equal(texts[0], texts[1]);
        Assert.True(texts[0].Distinct().Count() > 1);
    }

    [Fact]
    public async Task Embeddings_come_as_numbers_and_as_base64()
    {
        var model = await ServeAsync(TinyModels.Language(embeds: true));
        var numbers = await hub.Nobody.PostJsonAsync("/v1/embeddings", new { model, input = (string[])["one", "two three"] });
        Assert.Equal([0, 0, 1, 0, 0, 0], numbers["data"]![0]!["embedding"]!.AsArray().Select(value => value!.GetValue<double>()));
        Assert.Equal(0.70710678, numbers["data"]![1]!["embedding"]![3]!.GetValue<double>(), 1e-6);
        Assert.Equal(3, numbers["usage"]!["total_tokens"]!.GetValue<int>());
        var base64 = await hub.Nobody.PostJsonAsync("/v1/embeddings", new { model, input = "one", encoding_format = "base64" });
        Assert.Equal([0, 0, 1, 0, 0, 0], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(base64["data"]![0]!["embedding"]!.GetValue<string>())).ToArray());
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.SendAsync(HttpMethod.Post, "/v1/embeddings", new { model, input = "" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.SendAsync(HttpMethod.Post, "/v1/completions", new { model, prompt = "one" })).StatusCode);
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_OpenAIs_words()
    {
        var model = await ServeAsync(TinyModels.Language());
        foreach (var (body, status) in ((object, int)[])
        [
            (new { prompt = "x" }, 400), (new { model = 5, prompt = "x" }, 400), (new { model, prompt = 5 }, 400), (new { model, prompt = "x", max_tokens = -1 }, 400), (new { model, prompt = "x", n = 1000 }, 400),
            (new { model, prompt = "x", temperature = "hot" }, 400), (new { model, prompt = "x", suffix = "y" }, 400), (new { model, prompt = "x", logprobs = 1000 }, 400), (new { model, prompt = new string('x', 10) + string.Concat(Enumerable.Repeat(" one", 40)) }, 400),
            (new { model = $"{model}@nowhere", prompt = "x" }, 404),
        ])
        {
            var refused = await hub.Nobody.SendAsync(HttpMethod.Post, "/v1/completions", body);
            var error = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!;
            Assert.True((int)refused.StatusCode == status, $"{status}: {(int)refused.StatusCode} {error}");
            Assert.NotEmpty(error["message"]!.GetValue<string>());
            Assert.Equal("invalid_request_error", error["type"]!.GetValue<string>());
        }
        var twice = await hub.Nobody.Http.PostAsync("/v1/completions", new StringContent($"{{\"model\":\"{model}\",\"model\":\"x\",\"prompt\":\"one\"}}"));
        Assert.Equal(HttpStatusCode.BadRequest, twice.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.GetAsync("/v1/nothing")).StatusCode);
        var one = await hub.Nobody.GetJsonAsync($"/v1/models/{Uri.EscapeDataString(model)}");
        Assert.Equal(model, one["id"]!.GetValue<string>());
        Assert.Equal(model, (await hub.Nobody.GetJsonAsync($"/v1/models/{model}"))["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Raw_tensors_are_sent_as_json_and_as_bytes()
    {
        var model = await ServeAsync(TestActor.File("model.onnx", TinyModels.Table()));
        Assert.True((await hub.Nobody.GetJsonAsync("/v2/health/ready"))["ready"]!.GetValue<bool>());
        Assert.Contains("binary_tensor_data", (await hub.Nobody.GetJsonAsync("/v2")).ToJsonString());
        foreach (var name in (string[])[model, Uri.EscapeDataString(model), model.Replace("/", "--")])
        {
            var metadata = await hub.Nobody.GetJsonAsync($"/v2/models/{name}");
            Assert.Equal(("x", "FP32"), (metadata["inputs"]![0]!["name"]!.GetValue<string>(), metadata["inputs"]![0]!["datatype"]!.GetValue<string>()));
            Assert.True((await hub.Nobody.GetJsonAsync($"/v2/models/{name}/versions/main/ready"))["ready"]!.GetValue<bool>());
            var answer = await hub.Nobody.PostJsonAsync($"/v2/models/{name}/infer", new { id = "42", inputs = (object[])[new { name = "x", datatype = "FP32", shape = (int[])[2, 2], data = (float[][])[[1, 2], [3, 4]] }] });
            Assert.Equal("42", answer["id"]!.GetValue<string>());
            Assert.Equal([5, 10, 11, 30], answer["outputs"]![0]!["data"]!.AsArray().Select(value => value!.GetValue<double>()));
        }
        var json = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}""";
        var body = new ByteArrayContent([.. System.Text.Encoding.UTF8.GetBytes(json), .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(2f)]);
        body.Headers.Add("Inference-Header-Content-Length", json.Length.ToString());
        var binary = await hub.Nobody.Http.PostAsync($"/v2/models/{model}/infer", body);
        Assert.Equal(HttpStatusCode.OK, binary.StatusCode);
        var bytes = await binary.Content.ReadAsByteArrayAsync();
        var head = int.Parse(binary.Headers.GetValues("Inference-Header-Content-Length").Single());
        Assert.Equal(8, JsonNode.Parse(bytes.AsSpan(0, head))!["outputs"]![0]!["parameters"]!["binary_data_size"]!.GetValue<int>());
        Assert.Equal([5f, 10f], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.AsSpan(head)).ToArray());
        foreach (var wrong in (object[])
        [
            new { }, new { inputs = 1 }, new { inputs = (object[])[1] }, new { inputs = (object[])[new { name = "z", datatype = "FP32", shape = (int[])[1, 2], data = (int[])[1, 2] }] },
            new { inputs = (object[])[new { name = "x", datatype = "FP99", shape = (int[])[1, 2], data = (int[])[1, 2] }] }, new { inputs = (object[])[new { name = "x", datatype = "FP32", shape = (int[])[1, 3], data = (int[])[1, 2] }] },
            new { inputs = (object[])[new { name = "x", datatype = "FP32", shape = (long[])[1L << 40, 1L << 40], data = (int[])[] }] }, new { inputs = (object[])[new { name = "x", datatype = "FP32", shape = (int[])[1, 2], parameters = new { binary_data_size = 8 } }] },
            new { inputs = (object[])[new { name = "x", datatype = "INT64", shape = (int[])[1, 2], data = (int[])[1, 2] }] },
        ])
        {
            var refused = await hub.Nobody.SendAsync(HttpMethod.Post, $"/v2/models/{model}/infer", wrong);
            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, $"{(int)refused.StatusCode}: {await refused.Content.ReadAsStringAsync()}");
            Assert.NotNull(JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]);
        }
    }

    async Task<List<JsonNode>> EventsAsync(string path, object body)
    {
        var response = await hub.Nobody.SendAsync(HttpMethod.Post, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var lines = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line["data: ".Length..]).ToList();
        Assert.Equal("[DONE]", lines[^1]);
        return [.. lines[..^1].Select(line => JsonNode.Parse(line)!)];
    }
}

public sealed class OpenAiTests_Sqlite(ServingSqliteHub hub) : OpenAiTests(hub), IClassFixture<ServingSqliteHub>;
public sealed class OpenAiTests_Postgres(ServingPostgresHub hub) : OpenAiTests(hub), IClassFixture<ServingPostgresHub>;

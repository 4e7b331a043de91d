using Microsoft.AspNetCore.Http;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>Models behind addresses, over real HTTP.</summary>
public sealed class HttpAdapterTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    static readonly LikelihoodRequest[] s_choices = [new("The answer is", " green"), new("The answer is", " yellow sky"), new("Blank behind ", "it")];

    static EndpointSettings Settings(FakeEndpoint fake) => new(fake.Address) { Key = "secret", FirstDelay = TimeSpan.FromMilliseconds(1), Timeout = TimeSpan.FromSeconds(20) };

    [Theory]
    [InlineData(FakeServer.Vllm)]
    [InlineData(FakeServer.Sglang)]
    [InlineData(FakeServer.Tgi)]
    public async Task Log_probabilities_of_prompts_become_those_of_continuations(FakeServer kind)
    {
        await using var fake = await FakeEndpoint.StartAsync(kind);
        await using var model = await HttpAdapter.OpenAsync(Settings(fake), s_never);
        Assert.Equal("fake", model.Model);
        Assert.Equal("loglikelihood", model.Scoring);
        Assert.DoesNotContain("secret", model.Engine + Settings(fake), StringComparison.Ordinal);
        var answers = (await model.AskAsync(s_choices, s_never)).Cast<LikelihoodAnswer>().ToList();
        Assert.Equal([-1.5, -11, -3], answers.Select(answer => answer.LogLikelihood));
        // A token whose value is the largest of the alternatives is greedy; TGI does not tell.
        Assert.Equal(kind == FakeServer.Tgi ? [false, false, false] : [true, false, true], answers.Select(answer => answer.IsGreedy));
    }

    [Fact]
    public async Task Without_prompt_log_probabilities_the_first_token_decides()
    {
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.LlamaCpp);
        await using var model = await HttpAdapter.OpenAsync(Settings(fake), s_never);
        Assert.Equal("first_token", model.Scoring);
        var answers = (await model.AskAsync([new LikelihoodRequest("Q", " A"), new LikelihoodRequest("Q", " B"), new LikelihoodRequest("Q", " C")], s_never)).Cast<LikelihoodAnswer>().ToList();
        Assert.Equal([-1.5, -0.5, double.NegativeInfinity], answers.Select(answer => answer.LogLikelihood));
        Assert.Equal([false, true, false], answers.Select(answer => answer.IsGreedy));
    }

    [Fact]
    public async Task A_conversation_answers_and_the_choice_is_looked_for()
    {
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.Chat);
        await using var model = await HttpAdapter.OpenAsync(Settings(fake), s_never);
        Assert.Equal(("generated", "http-chat"), (model.Scoring, model.Kind));
        LikelihoodRequest[] requests = [new("Q", " A"), new("Q", " B")];
        Assert.Equal([double.NegativeInfinity, 0], (await model.AskAsync(requests, s_never)).Cast<LikelihoodAnswer>().Select(answer => answer.LogLikelihood));
        Assert.Equal("B", Assert.IsType<TextAnswer>((await model.AskAsync([new GenerationRequest("Q", ["."], 5)], s_never))[0]).Text);
    }

    [Theory]
    [InlineData("B", 1)]
    [InlineData("(B) because of A", 1)]
    [InlineData("The answer is B.", 1)]
    [InlineData("It is A or B", -1)]
    [InlineData("a cat", -1)]
    [InlineData("", -1)]
    public void A_choice_is_found_only_where_it_is_clear(string text, int expected) => Assert.Equal(expected, ChoiceAsker.FindChoice(text, [" A", " B", " C"]));

    [Fact]
    public async Task Vectors_are_matched_by_their_index()
    {
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.Vllm);
        await using var model = await HttpAdapter.OpenAsync(Settings(fake), s_never);
        var vectors = (await model.AskAsync([new EmbeddingRequest(new TextInput("a")), new EmbeddingRequest(new TextInput("abc"))], s_never)).Cast<VectorAnswer>().Select(answer => answer.Values.Span[0]);
        Assert.Equal([1f, 3f], vectors);
    }

    [Fact]
    public async Task A_busy_endpoint_is_asked_again_and_a_refusal_is_not()
    {
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.Vllm);
        await using var model = await HttpAdapter.OpenAsync(Settings(fake), s_never);
        fake.Count = 0;
        fake.Disturb = (context, number) => Refuse(context, number, number switch { 1 => 429, 2 => 503, _ => 0 });
        Assert.Equal(-1.5, Assert.IsType<LikelihoodAnswer>((await model.AskAsync([s_choices[0]], s_never))[0]).LogLikelihood);
        Assert.Equal(3, fake.Count);
        fake.Disturb = (context, number) => Refuse(context, number, 400);
        Assert.Contains("400", Assert.IsType<FailedAnswer>((await model.AskAsync([s_choices[1]], s_never))[0]).Reason, StringComparison.Ordinal);
        Assert.Equal(4, fake.Count);

        static Task<bool> Refuse(HttpContext context, int _, int status)
        {
            if (status > 0) context.Response.StatusCode = status;
            return Task.FromResult(status > 0);
        }
    }

    [Fact]
    public async Task Equal_requests_are_sent_once_and_a_kept_answer_survives()
    {
        using var cache = new Folder();
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.Vllm);
        var settings = new EndpointSettings(fake.Address) { CacheFolder = cache["answers"] };
        await using (var model = await HttpAdapter.OpenAsync(settings, s_never))
        {
            await model.AskAsync([s_choices[0]], s_never);
            fake.Count = 0;
            await model.AskAsync([s_choices[0]], s_never);
        }
        await using var again = await HttpAdapter.OpenAsync(settings, s_never);
        fake.Count = 0;
        Assert.Equal(-1.5, Assert.IsType<LikelihoodAnswer>((await again.AskAsync([s_choices[0]], s_never))[0]).LogLikelihood);
        Assert.Equal(0, fake.Count);
    }

    [Theory]
    [InlineData("\"index\":0", "\"index\":3", "index")]
    [InlineData("\"choices\":[{", "\"choices\":[{\"index\":0},{", "2 choices")]
    [InlineData("-6", "0.7", "above 0")]
    [InlineData("-6", "\"NaN\"", "NaN")]
    [InlineData("\"text_offset\":[0,", "\"text_offset\":[0,1,", "offsets for")]
    [InlineData("{", "<html>", "no JSON")]
    public async Task An_endpoint_that_lies_is_refused(string from, string to, string reason)
    {
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.Vllm);
        await using var model = await HttpAdapter.OpenAsync(Settings(fake), s_never);
        fake.Twist = text => text.Replace(from, to, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<EvaluationException>(() => model.AskAsync([new LikelihoodRequest("one", " words")], s_never));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_that_stalls_or_never_stops_talking_is_given_up()
    {
        await using var fake = await FakeEndpoint.StartAsync(FakeServer.Vllm);
        await using var model = await HttpAdapter.OpenAsync(new(fake.Address) { Timeout = TimeSpan.FromMilliseconds(300), Retries = 0, MaxResponseBytes = 100_000 }, s_never);
        fake.Disturb = async (context, _) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
            return true;
        };
        Assert.Contains("no answer within", Assert.IsType<FailedAnswer>((await model.AskAsync([s_choices[0]], s_never))[0]).Reason, StringComparison.Ordinal);
        await Assert.ThrowsAsync<EvaluationException>(() => model.AskAsync([.. Enumerable.Range(0, 5).Select(i => new LikelihoodRequest($"Q{i}", " x"))], s_never));
        fake.Disturb = async (context, _) =>
        {
            for (var i = 0; i < 1000; i++) await context.Response.WriteAsync(new string('{', 1000));
            return true;
        };
        Assert.Contains("more than 100000 bytes", (await Assert.ThrowsAsync<EvaluationException>(() => model.AskAsync([s_choices[2]], s_never))).Message, StringComparison.Ordinal);
        await using var poor = await HttpAdapter.OpenAsync(new(fake.Address) { Model = "fake", Budget = TimeSpan.FromTicks(1) }, s_never).ContinueWith(task => task.Exception is null ? task.Result : null, TaskScheduler.Default);
        Assert.Null(poor);
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("http://user:password@x")]
    public void Only_plain_addresses_are_taken(string address) => Assert.Throws<EvaluationException>(() => new EndpointSettings(new(address)));
}

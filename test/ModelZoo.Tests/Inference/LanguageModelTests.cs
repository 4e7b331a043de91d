using ModelZoo.Inference;
using ModelZoo.Inference.Generation;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>A language model of 742,528 parameters, against its golden likelihoods, continuations and bits per byte.</summary>
public sealed class LanguageModelTests
{
    const int End = 1023;

    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task Likelihoods_are_those_of_the_reference()
    {
        var model = await OpenAsync();
        foreach (var golden in Models.Golden("shakespeare-gpt2").GetProperty("loglikelihood").EnumerateArray())
        {
            var score = model.Score(golden.GetProperty("context").GetString()!, golden.GetProperty("continuation").GetString()!, s_never);
            Assert.Equal(golden.GetProperty("loglikelihood").GetDouble(), score.LogLikelihood, 1e-3);
            Assert.Equal(golden.GetProperty("is_greedy").GetBoolean(), score.IsGreedy);
            Assert.Equal(golden.GetProperty("scored_tokens").GetInt32(), score.Tokens);
        }
    }

    [Fact]
    public async Task Greedy_continuations_are_those_of_the_reference_with_the_cache_of_keys_and_values()
    {
        var model = await OpenAsync();
        Assert.True(model.HasCache);
        foreach (var golden in Models.Golden("shakespeare-gpt2").GetProperty("greedy").EnumerateArray())
        {
            Assert.Equal(golden.GetProperty("prompt_ids").Ints(), model.Tokenizer.EncodeIds(golden.GetProperty("prompt").GetString()!));
            var result = model.Generate(golden.GetProperty("prompt").GetString()!, new() { MaxNewTokens = golden.GetProperty("new_ids").GetArrayLength() }, s_never);
            Assert.Equal(golden.GetProperty("new_ids").Ints(), result.Ids);
            Assert.Equal(model.Tokenizer.Decode(result.Ids), result.Text);
            Assert.Equal(FinishReason.Length, result.Finish);
        }
    }

    [Fact]
    public async Task Reading_token_by_token_equals_reading_at_once()
    {
        var model = await OpenAsync();
        var golden = Models.Golden("shakespeare-gpt2").GetProperty("logits");
        var ids = golden.GetProperty("input_ids").Ints();
        using var whole = model.Begin();
        using var single = model.Begin();
        var logits = model.Advance(whole, ids, s_never);
        var size = logits.Length / ids.Length;
        Models.AssertClose(golden.GetProperty("last_row_first8").Floats(), logits.AsSpan((ids.Length - 1) * size, 8), 1e-3);
        for (var i = 0; i < ids.Length; i++) Models.AssertClose(logits.AsSpan(i * size, size), model.Advance(single, [ids[i]], s_never), 1e-4, 1e-5);
    }

    [Fact]
    public async Task A_whole_play_has_the_bits_per_byte_of_the_models_card()
    {
        var model = await OpenAsync();
        var text = File.ReadAllText(Models.RequireData("eval/tinyshakespeare/input.txt"));
        var test = text[(int)(text.Length * 0.95)..];
        var golden = Models.Golden("shakespeare-gpt2").GetProperty("metrics").GetProperty("rolling").GetProperty("test");
        var tokens = model.Tokenizer.EncodeIds(test);
        Assert.Equal(golden.GetProperty("tokens").GetInt32(), tokens.Count);
        var score = model.ScoreRolling(tokens, s_never);
        Assert.Equal(golden.GetProperty("loglikelihood").GetDouble(), score, 0.5);
        Assert.Equal(2.316798, -score / System.Text.Encoding.UTF8.GetByteCount(test) / Math.Log(2), 1e-4);
    }

    [Fact]
    public async Task A_seed_and_a_name_determine_what_is_drawn()
    {
        var model = await OpenAsync();
        var settings = new GenerationSettings { MaxNewTokens = 30, Temperature = 0.9, TopK = 50, TopP = 0.95, RepetitionPenalty = 1.1, Seed = 7, Stream = "sample 1" };
        var first = model.Generate("JULIET:\n", settings, s_never);
        Assert.Equal(first.Ids, model.Generate("JULIET:\n", settings, s_never).Ids);
        Assert.NotEqual(first.Ids, model.Generate("JULIET:\n", settings with { Stream = "sample 2" }, s_never).Ids);
        Assert.NotEqual(first.Ids, model.Generate("JULIET:\n", settings with { Seed = 8 }, s_never).Ids);
        Assert.Equal(model.Generate("JULIET:\n", new() { MaxNewTokens = 10 }, s_never).Ids, model.Generate("JULIET:\n", new() { MaxNewTokens = 10, Temperature = 5, TopK = 1 }, s_never).Ids);
    }

    [Fact]
    public async Task A_stop_text_ends_the_continuation_and_is_never_shown_in_part()
    {
        var model = await OpenAsync();
        var plain = model.Generate("ROMEO:", new() { MaxNewTokens = 24 }, s_never).Text;
        var stop = plain.Substring(10, 6);
        var pieces = model.Stream(model.Tokenizer.EncodeIds("ROMEO:"), new() { MaxNewTokens = 24, Stops = [stop, "never so"] }, s_never).ToList();
        Assert.Equal(plain[..plain.IndexOf(stop, StringComparison.Ordinal)], string.Concat(pieces.Select(piece => piece.Text)));
        Assert.Equal(FinishReason.Stop, pieces[^1].Finish);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_or_ends()
    {
        var model = await OpenAsync();
        var longPrompt = model.Tokenizer.EncodeIds(string.Concat(Enumerable.Repeat("thou art ", 200)));
        Assert.Equal(InferenceFault.Limit, Assert.Throws<InferenceException>(() => model.Generate(longPrompt, new(), s_never)).Fault);
        var full = model.Generate(longPrompt.GetRange(0, 120), new() { MaxNewTokens = 100 }, s_never);
        Assert.True(full is { Finish: FinishReason.Length, Ids.Count: 9 } or { Finish: FinishReason.Stop });
        Assert.True(model.Score(longPrompt, [10, 11], s_never).LogLikelihood < 0);
        Assert.True(model.Score([], [.. longPrompt, .. longPrompt], s_never).IsCut);
        Assert.Equal(InferenceFault.Input, Assert.Throws<InferenceException>(() => model.Generate("x", new() { TopP = 0 }, s_never)).Fault);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => model.Generate("x", new(), stopped.Token));
    }

    [Fact]
    public void Incomplete_characters_are_held_back()
    {
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("shakespeare-gpt2/tokenizer.json")));
        var text = "né 🎉!";
        var assembler = new TextAssembler(tokenizer, []);
        var pieces = tokenizer.EncodeIds(text).Select(assembler.Add).ToList();
        pieces.Add(assembler.Finish());
        Assert.Equal(text, string.Concat(pieces));
        Assert.DoesNotContain(pieces, piece => piece.Contains('\uFFFD'));
    }

    static async Task<LanguageModel> OpenAsync()
    {
        var session = await Models.OpenAsync("shakespeare-gpt2/onnx/model.onnx");
        return new(session, Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("shakespeare-gpt2/tokenizer.json"))), 128, End, [End]);
    }
}

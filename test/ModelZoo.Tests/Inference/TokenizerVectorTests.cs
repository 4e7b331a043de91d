using System.Globalization;
using System.Text.Json;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>Against what the reference implementation gave for the same texts: numbers, tokens, places, decoded text, pairs.</summary>
public sealed class TokenizerVectorTests
{
    [Theory]
    [InlineData("bert-base-uncased", "tokenizers/bert-base-uncased")]
    [InlineData("roberta-base", "tokenizers/roberta-base")]
    [InlineData("t5-small", "tokenizers/t5-small")]
    [InlineData("clip", "tokenizers/clip")]
    [InlineData("shakespeare-spm", "tokenizers/shakespeare-spm")]
    [InlineData("shakespeare-bpe", "shakespeare-gpt2")]
    [InlineData("banking77-wordpiece", "banking77-bert-mini")]
    public void Every_vector_is_met(string name, string folder)
    {
        var vectors = Models.Json(Models.RequireData("eval/tokenizers/visible.json")).GetProperty(name);
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require($"{folder}/tokenizer.json")));
        foreach (var vector in vectors.GetProperty("cases").EnumerateArray())
        {
            var text = vector.GetProperty("text").GetString()!;
            var encoding = tokenizer.Encode(text);
            Assert.Equal(vector.GetProperty("ids").Ints(), encoding.Ids);
            Assert.Equal(vector.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()), encoding.Tokens);
            Assert.Equal(vector.GetProperty("offsets").EnumerateArray().Select(pair => (pair[0].GetInt32(), pair[1].GetInt32())), encoding.OffsetsInCodePoints(text));
            Assert.Equal(vector.GetProperty("ids_no_special").Ints(), tokenizer.EncodeIds(text));
            Assert.Equal(vector.GetProperty("decoded_skip_special").GetString(), tokenizer.Decode(encoding.Ids));
        }
        foreach (var pair in vectors.GetProperty("pairs").EnumerateArray()) CheckPair(tokenizer, pair);
    }

    static void CheckPair(Tokenizer tokenizer, JsonElement pair)
    {
        string Text(params string[] names) => names.Select(name => pair.TryGetProperty(name, out var value) ? value.GetString() : null).First(text => text is not null)!;
        var encoding = tokenizer.Encode(Text("a", "text", "first"), Text("b", "pair", "text_pair", "second"));
        Assert.Equal(pair.GetProperty("ids").Ints(), encoding.Ids);
        if (pair.TryGetProperty("type_ids", out var types)) Assert.Equal(types.Ints(), encoding.TypeIds);
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("bert-bge")]
    public async Task Vocabularies_in_gguf_give_what_llama_cpp_gives(string name)
    {
        var path = SharedModels.Require($"gguf-vocab/ggml-vocab-{name}.gguf");
        using var source = new FileByteSource(path);
        var tokenizer = GgufTokenizer.Read(await WeightReader.ReadHeaderAsync(source, new WeightReadOptions { KeepLongLists = true }, CancellationToken.None))!;
        var texts = File.ReadAllText(path + ".inp").Split("\n__ggml_vocab_test__\n");
        var lines = File.ReadAllLines(path + ".out");
        Assert.Equal(texts.Length, lines.Length + 1);      // the separator ends the file
        for (var i = 0; i < lines.Length; i++)
        {
            var expected = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture));
            Assert.True(expected.SequenceEqual(tokenizer.EncodeIds(texts[i])), $"text {i}: '{texts[i]}' gave {string.Join(' ', tokenizer.EncodeIds(texts[i]))} instead of {lines[i]}");
        }
    }

    [Fact]
    public async Task A_models_gguf_and_its_tokenizer_json_give_the_same()
    {
        using var source = new FileByteSource(SharedModels.Require("shakespeare-gpt2/model-f32.gguf"));
        var gguf = GgufTokenizer.Read(await WeightReader.ReadHeaderAsync(source, new WeightReadOptions { KeepLongLists = true }, CancellationToken.None));
        Assert.SkipWhen(gguf is null, "The GGUF file holds no vocabulary.");
        var json = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("shakespeare-gpt2/tokenizer.json")));
        var text = File.ReadAllText(Models.RequireData("eval/tinyshakespeare/input.txt"))[..200_000];
        Assert.Equal(json.EncodeIds(text), gguf!.EncodeIds(text));
        Assert.Equal(text, json.Decode(json.EncodeIds(text)));
    }
}

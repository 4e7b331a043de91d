using System.Text;
using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Inference.Patterns;
using ModelZoo.Inference.Tokenizers;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Inference;

public sealed class HostileTokenizerTests
{
    [Theory]
    [InlineData("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")]
    [InlineData("(a|a)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("(a*)*c", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void An_expression_that_explodes_is_refused_instead_of_waited_for(string expression, string text)
    {
        var refused = Assert.Throws<InferenceException>(() => new Pattern(expression).FindAll(text, 0, text.Length, []));
        Assert.Equal(InferenceFault.Limit, refused.Fault);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("a{5,2}")]
    [InlineData("a{1,99999}")]
    [InlineData("*a")]
    [InlineData(@"(a)\1")]
    [InlineData(@"\p{Nonsense}")]
    [InlineData("(?<name>a)")]
    [InlineData(@"\")]
    [InlineData("((((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))))")]
    [InlineData("((a{1000}){1000}){1000}")]
    public void An_expression_outside_the_dialect_is_refused_with_the_reason(string expression) =>
        Assert.Contains("regular expression", Assert.Throws<InferenceException>(() => new Pattern(expression)).Message);

    [Theory]
    [InlineData(@"\p{L}+|\p{N}{1,3}", "𝔘𝔫abc12345é", "𝔘𝔫abc|123|45|é")]
    [InlineData(@"(?i:'s|'t)|\w+", "It'S don'T", "It|'S|don|'T")]
    [InlineData(@"\s+(?!\S)|\s+|\S+", "a   b \n", "a|  | |b| \n")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}++", " one,two", " one|,two")]
    [InlineData(@"[a-z&&[^aeiou]]+", "hello", "h|ll")]
    [InlineData(@"[\p{Lu}\p{M}]+[\p{Ll}]*?", "ABc", "AB")]
    [InlineData(@"(?<!\d)\d{2}(?!\d)", "12 345 67", "12|67")]
    [InlineData(@"[一-龥]+|.", "中文a", "中文|a")]
    [InlineData(@"\bfoo\b|(?:ab){2,}", "foo food ababab", "foo|ababab")]
    public void Expressions_of_published_tokenizers_match_by_code_points(string expression, string text, string expected)
    {
        var matches = new List<(int Start, int End)>();
        new Pattern(expression).FindAll(text, 0, text.Length, matches);
        Assert.Equal(expected.Split('|'), matches.Select(match => text[match.Start..match.End]));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[1]}}""")]
    [InlineData("""{"model":{"type":"Magic","vocab":{}}}""")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":7,"vocab":[["a",0]]}}""")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["a","b"]]}}""")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]"}}""")]
    [InlineData("""{"normalizer":{"type":"Precompiled","precompiled_charsmap":"/////w=="},"model":{"type":"WordLevel","vocab":{"a":0}}}""")]
    [InlineData("""{"padding":{"strategy":{"Fixed":2000000000}},"model":{"type":"WordLevel","vocab":{"a":0}}}""")]
    [InlineData("""{"added_tokens":[{"id":2000000000,"content":"x"}],"model":{"type":"WordLevel","vocab":{"a":0}}}""")]
    [InlineData("""{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"},"model":{"type":"WordLevel","vocab":{"a":0}}}""")]
    public void A_broken_file_is_refused_with_the_reason(string json) =>
        Assert.True(Assert.Throws<InferenceException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json))).Fault is InferenceFault.Model or InferenceFault.Limit);

    [Fact]
    public void Steps_nested_without_end_are_refused()
    {
        var nested = string.Concat(Enumerable.Repeat("""{"type":"Sequence","normalizers":[""", 2000));
        Assert.Throws<InferenceException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes($$"""{"normalizer":{{nested}}""")));
    }

    [Fact]
    public void A_megabyte_without_a_blank_is_tokenized_and_comes_back()
    {
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("shakespeare-gpt2/tokenizer.json")));
        var text = string.Concat(Enumerable.Repeat("theking", 140_000));
        Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeIds(text)));
        var spm = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("tokenizers/shakespeare-spm/tokenizer.json")));
        Assert.Equal(text, spm.Decode(spm.EncodeIds(text)));
    }

    [Fact]
    public void Texts_with_halves_of_pairs_controls_and_nothing_are_taken()
    {
        foreach (var folder in (string[])["tokenizers/bert-base-uncased", "tokenizers/roberta-base", "tokenizers/t5-small", "tokenizers/clip", "tokenizers/shakespeare-spm"])
        {
            var tokenizer = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require($"{folder}/tokenizer.json")));
            foreach (var text in (string[])["", " ", "\uD83C", "a\uDF89b", "\0\u0001", "e\u0301\u0323\u0301", "가각힣", "ﬁ№①", "\r\n\r\n", new string(' ', 5000)])
            {
                var sequence = tokenizer.Encode(text, text);
                Assert.All(sequence.Offsets, place => Assert.True(place.Start >= 0 && place.End <= text.Length && place.Start <= place.End));
                tokenizer.Decode(sequence.Ids, skipsSpecial: false);
            }
        }
    }

    [Fact]
    public void Normal_forms_follow_unicodes_vectors()
    {
        var vectors = Models.Json(Models.RequireData("unicode/vectors.json"));
        foreach (var (name, type) in ((string, string)[])[("NFC", "NFC"), ("NFD", "NFD"), ("NFKC", "NFKC"), ("NFKD", "NFKD")])
        {
            var tokenizer = new NormalFormProbe(type);
            foreach (var vector in Items(vectors))
                if (Find(vector, name) is { } expected && Find(vector, "text") is { } text) Assert.Equal(expected, tokenizer.Apply(text));
        }

        static IEnumerable<JsonElement> Items(JsonElement json) => json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : json.EnumerateObject().Where(item => item.Value.ValueKind == JsonValueKind.Array).SelectMany(item => item.Value.EnumerateArray());
        static string? Find(JsonElement item, string key) => item.ValueKind != JsonValueKind.Object ? null : item.EnumerateObject().Where(property => property.Name.Equals(key, StringComparison.OrdinalIgnoreCase)).Select(property => property.Value.GetString()).FirstOrDefault();
    }

    /// <summary>A normal form, through the same step that tokenizers use.</summary>
    sealed class NormalFormProbe(string form)
    {
        readonly NormalFormStep _step = new(form is "NFC" or "NFKC", form is "NFKC" or "NFKD");

        public string Apply(string text)
        {
            var (from, to) = (new TextBuffer(), new TextBuffer());
            from.Load(text, 0, false);
            return (_step.Apply(from, to) ? to : from).Text.ToString();
        }
    }

    [Fact]
    public void Long_texts_are_cut_and_short_ones_filled_as_the_rules_say()
    {
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(SharedModels.Require("tokenizers/bert-base-uncased/tokenizer.json")));
        var (shorter, longer) = ("one two three", "a b c d e f g h i j");
        Assert.Equal(10, tokenizer.Encode(longer, shorter, truncation: new(10)).Length);
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], tokenizer.Encode(longer, shorter, truncation: new(10)).TypeIds);
        Assert.Equal("[CLS] i j [SEP]", string.Join(' ', tokenizer.Encode(longer, truncation: new(4, FromLeft: true)).Tokens));
        Assert.Throws<InferenceException>(() => tokenizer.Encode(longer, shorter, truncation: new(8, CutStrategy.OnlySecond)));
        var batch = tokenizer.EncodeBatch([(shorter, null), (longer, null)]);
        Assert.Equal(batch[0].Length, batch[1].Length);
        Assert.Equal((5, 12), (batch[0].AttentionMask.Sum(), batch[1].AttentionMask.Sum()));
    }
}

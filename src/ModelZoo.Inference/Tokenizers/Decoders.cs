using System.Globalization;
using System.Text;
using ModelZoo.Inference.Patterns;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>A step from tokens back to text: takes the tokens' texts and gives texts that are joined in the end.</summary>
abstract class Decoder
{
    public abstract List<string> Apply(List<string> tokens);
}

sealed class ByteLevelDecoder : Decoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            var before = bytes.Count;
            foreach (var c in token)
            {
                if (ByteLevel.TryGetByte(c, out var b)) bytes.Add(b);
                else
                {
                    // A token of another alphabet, such as an added one: as it stands.
                    bytes.RemoveRange(before, bytes.Count - before);
                    bytes.AddRange(Encoding.UTF8.GetBytes(token));
                    break;
                }
            }
        }
        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

sealed class WordPieceDecoder(string prefix, bool cleansUp) : Decoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var texts = new List<string>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            var text = i == 0 ? tokens[i] : tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            texts.Add(cleansUp ? CleanUp(text) : text);
        }
        return texts;
    }

    /// <summary>English spacing (tokenizers, decoders/wordpiece.rs, cleanup).</summary>
    public static string CleanUp(string text) => text.Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'")
        .Replace(" n't", "n't").Replace(" 'm", "'m").Replace(" do not", " don't").Replace(" 's", "'s").Replace(" 've", "'ve").Replace(" 're", "'re");
}

sealed class MetaspaceDecoder(string replacement, PrependScheme scheme) : Decoder
{
    public override List<string> Apply(List<string> tokens) =>
        [.. tokens.Select((token, i) => token.Replace(replacement, i == 0 && scheme != PrependScheme.Never ? "" : " "))];
}

sealed class BpeDecoder(string suffix) : Decoder
{
    public override List<string> Apply(List<string> tokens) => [.. tokens.Select((token, i) => suffix.Length == 0 ? token : token.Replace(suffix, i + 1 < tokens.Count ? " " : ""))];
}

sealed class ByteFallbackDecoder : Decoder
{
    static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public override List<string> Apply(List<string> tokens)
    {
        var texts = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token is ['<', '0', 'x', _, _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b)) bytes.Add(b);
            else
            {
                Flush();
                texts.Add(token);
            }
        }
        Flush();
        return texts;

        void Flush()
        {
            if (bytes.Count == 0) return;
            try
            {
                texts.Add(s_strict.GetString([.. bytes]));
            }
            catch (DecoderFallbackException)
            {
                texts.AddRange(bytes.Select(_ => "\uFFFD"));
            }
            bytes.Clear();
        }
    }
}

sealed class FuseDecoder : Decoder
{
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}

sealed class StripDecoder(char content, int start, int stop) : Decoder
{
    public override List<string> Apply(List<string> tokens) => [.. tokens.Select(Strip)];

    string Strip(string token)
    {
        var (first, last) = (0, token.Length);
        while (first < start && first < token.Length && token[first] == content) first++;
        while (token.Length - last < stop && last > first && token[last - 1] == content) last--;
        return token[first..last];
    }
}

sealed class ReplaceDecoder(string? text, Pattern? pattern, string content) : Decoder
{
    public override List<string> Apply(List<string> tokens) => [.. tokens.Select(Replace)];

    string Replace(string token)
    {
        if (pattern is null) return text is { Length: > 0 } ? token.Replace(text, content) : token;
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(token, 0, token.Length, matches);
        var result = new StringBuilder();
        var kept = 0;
        foreach (var (start, end) in matches)
        {
            result.Append(token.AsSpan(kept, start - kept)).Append(content);
            kept = end;
        }
        return result.Append(token.AsSpan(kept)).ToString();
    }
}

/// <summary>Of speech models: repeats and paddings are silence between characters.</summary>
sealed class CtcDecoder(string padding, string wordDelimiter, bool cleansUp) : Decoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var texts = new List<string>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1]) continue;
            var text = tokens[i].Replace(padding, "");
            if (cleansUp) text = WordPieceDecoder.CleanUp(text).Replace(wordDelimiter, " ");
            if (text.Length > 0) texts.Add(text);
        }
        return texts;
    }
}

sealed class DecoderSequence(IReadOnlyList<Decoder> steps) : Decoder
{
    public override List<string> Apply(List<string> tokens) => steps.Aggregate(tokens, (current, step) => step.Apply(current));
}

using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Puts special tokens around one text or two.</summary>
abstract class PostProcessor
{
    /// <summary>Changes each text's own tokens, before special ones are added.</summary>
    public virtual TokenSequence Prepare(TokenSequence encoding) => encoding;

    public abstract TokenSequence Join(TokenSequence first, TokenSequence? second);

    /// <summary>How many tokens <see cref="Join"/> adds.</summary>
    public abstract int CountAdded(bool isPair);

    protected static TokenSequence Typed(TokenSequence encoding, int type) => encoding with { TypeIds = [.. Enumerable.Repeat(type, encoding.Length)] };

    public static TokenSequence Plain(TokenSequence first, TokenSequence? second) => second is null ? first : TokenSequence.Concat([first, Typed(second, 1)]);
}

sealed class TemplateStep(IReadOnlyList<TemplateStep.Part> single, IReadOnlyList<TemplateStep.Part> pair) : PostProcessor
{
    public override TokenSequence Join(TokenSequence first, TokenSequence? second) =>
        TokenSequence.Concat([.. (second is null ? single : pair).SelectMany(part => part.Special is { } special ? special.Select(token => TokenSequence.Special(token.Id, token.Token, part.Type))
            : [Typed(part.IsSecond ? second! : first, part.Type)])]);

    public override int CountAdded(bool isPair) => (isPair ? pair : single).Sum(part => part.Special?.Count ?? 0);

    /// <param name="Special">Null where a text goes.</param>
    public sealed record Part(IReadOnlyList<(int Id, string Token)>? Special, bool IsSecond, int Type);
}

/// <summary>Byte-level tokens begin with the blank before their word; offsets leave it out.</summary>
sealed class TrimOffsetsStep(bool trims, bool addsPrefixSpace) : PostProcessor
{
    public override TokenSequence Prepare(TokenSequence encoding)
    {
        if (!trims) return encoding;
        var offsets = encoding.Offsets.ToArray();
        for (var i = 0; i < offsets.Length; i++)
        {
            var (start, end) = offsets[i];
            var token = encoding.Tokens[i];
            var (leading, trailing) = (0, 0);
            while (leading < token.Length && IsBlank(token[leading])) leading++;
            while (trailing < token.Length && IsBlank(token[^(trailing + 1)])) trailing++;
            if (leading > 0)
            {
                // The blank that was put before the text is in no text.
                if ((i == 0 || start == 0) && addsPrefixSpace) leading--;
                start = Math.Min(start + leading, end);
            }
            if (trailing > 0 && end >= trailing) end = Math.Max(end - trailing, start);
            offsets[i] = (start, end);
        }
        return encoding with { Offsets = offsets };

        static bool IsBlank(char c) => c == ByteLevel.CharOf((byte)' ') || CodePoints.IsSpace(c);
    }

    public override TokenSequence Join(TokenSequence first, TokenSequence? second) => Plain(first, second);

    public override int CountAdded(bool isPair) => 0;
}

sealed class PostProcessorSequence(IReadOnlyList<PostProcessor> steps) : PostProcessor
{
    public override TokenSequence Prepare(TokenSequence encoding) => steps.Aggregate(encoding, (current, step) => step.Prepare(current));

    public override TokenSequence Join(TokenSequence first, TokenSequence? second) =>
        steps.LastOrDefault(step => step.CountAdded(second is not null) > 0) is { } step ? step.Join(first, second) : Plain(first, second);

    public override int CountAdded(bool isPair) => steps.Sum(step => step.CountAdded(isPair));
}

namespace ModelZoo.Inference.Tokenizers;

/// <summary>A text as a model takes it: one entry of every list for each token.</summary>
/// <param name="Offsets">Which characters (UTF-16 units) of its own text each token stands for; (0, 0) for tokens that the text does not hold.</param>
/// <param name="TypeIds">0 for the first text, 1 for the second where the model tells them apart.</param>
/// <param name="SpecialMask">1 for tokens that were put in, such as the beginning of a sequence.</param>
public sealed record TokenSequence(int[] Ids, string[] Tokens, (int Start, int End)[] Offsets, int[] TypeIds, int[] AttentionMask, int[] SpecialMask)
{
    public int Length => Ids.Length;

    internal static TokenSequence Concat(IReadOnlyList<TokenSequence> parts) => new(
        [.. parts.SelectMany(part => part.Ids)], [.. parts.SelectMany(part => part.Tokens)], [.. parts.SelectMany(part => part.Offsets)],
        [.. parts.SelectMany(part => part.TypeIds)], [.. parts.SelectMany(part => part.AttentionMask)], [.. parts.SelectMany(part => part.SpecialMask)]);

    internal static TokenSequence Special(int id, string token, int type) => new([id], [token], [(0, 0)], [type], [1], [1]);

    /// <summary>Keeps the first tokens, or the last.</summary>
    internal TokenSequence Cut(int length, bool fromLeft)
    {
        if (length >= Length) return this;
        var range = fromLeft ? (Length - length)..Length : 0..length;
        return new(Ids[range], Tokens[range], Offsets[range], TypeIds[range], AttentionMask[range], SpecialMask[range]);
    }

    /// <summary>Fills up with a padding token, which no attention falls on.</summary>
    public TokenSequence Pad(int length, int id, string token, int type = 0, bool onLeft = false)
    {
        if (length <= Length) return this;
        var count = length - Length;
        var padding = new TokenSequence([.. Enumerable.Repeat(id, count)], [.. Enumerable.Repeat(token, count)], new (int, int)[count], [.. Enumerable.Repeat(type, count)], new int[count], [.. Enumerable.Repeat(1, count)]);
        return onLeft ? Concat([padding, this]) : Concat([this, padding]);
    }

    /// <summary>The offsets counted in code points, as other programs print them.</summary>
    public (int Start, int End)[] OffsetsInCodePoints(string text)
    {
        var points = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++) points[i + 1] = points[i] + (char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]) ? 0 : 1);
        return [.. Offsets.Select(offset => (points[offset.Start], points[offset.End]))];
    }
}

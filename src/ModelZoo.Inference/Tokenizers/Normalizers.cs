using System.Globalization;
using ModelZoo.Inference.Patterns;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>A change of text before it is split. Writes the changed text into <paramref name="to"/>, which is empty; returns false, and writes nothing, when nothing changes.</summary>
abstract class Normalizer
{
    public abstract bool Apply(TextBuffer from, TextBuffer to);

    protected static bool IsAscii(TextBuffer text) => System.Text.Ascii.IsValid(text.Text);
}

sealed class NormalFormStep(bool composes, bool compatibility) : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        if (IsAscii(from)) return false;
        var points = new List<PlacedPoint>(from.Length);
        for (var i = 0; i < from.Length;)
        {
            NormalForm.Decompose(new(CodePoints.At(from.Text, i, out var length), i), compatibility, points);
            i += length;
        }
        NormalForm.Reorder(points);
        if (composes) NormalForm.Recompose(points);
        foreach (var (point, origin) in points) to.AppendPoint(point, from, origin);
        return true;
    }
}

sealed class StripAccentsStep : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        if (IsAscii(from)) return false;
        for (var i = 0; i < from.Length;)
        {
            var point = CodePoints.At(from.Text, i, out var length);
            if (CodePoints.Category(point) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)) to.Copy(from, i, i + length);
            i += length;
        }
        return true;
    }
}

sealed class LowercaseStep : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        if (IsAscii(from))
        {
            // In place: no character moves.
            for (var i = 0; i < from.Length; i++)
                if (char.IsAsciiLetterUpper(from[i])) from.Set(i, (char)(from[i] | 0x20));
            return false;
        }
        for (var i = 0; i < from.Length;)
        {
            var point = CodePoints.At(from.Text, i, out var length);
            to.AppendPoint(point == 0x130 ? 'i' : CodePoints.ToLower(point), from, i);
            if (point == 0x130) to.Append('\u0307', from, i);
            i += length;
        }
        return true;
    }
}

/// <summary>BERT's cleaning (google-research/bert, tokenization.py), in the order of the reference: clean, set ideographs apart, strip accents, lower case.</summary>
sealed class BertStep(bool cleans, bool setsIdeographsApart, bool stripsAccents, bool lowercases) : Normalizer
{
    readonly Normalizer _decompose = new NormalFormStep(composes: false, compatibility: false);
    readonly Normalizer _lower = new LowercaseStep();

    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        var isAscii = IsAscii(from);
        for (var i = 0; i < from.Length;)
        {
            var point = CodePoints.At(from.Text, i, out var length);
            if (cleans && IsSpace(point)) to.Append(' ', from, i);
            else if (cleans && IsControl(point)) { }
            else if (setsIdeographsApart && CodePoints.IsIdeograph(point))
            {
                to.Append(' ', from, i);
                to.Copy(from, i, i + length);
                to.Append(' ', from, i);
            }
            else if (isAscii) to.Append(lowercases && char.IsAsciiLetterUpper((char)point) ? (char)(point | 0x20) : (char)point, from, i);
            else to.Copy(from, i, i + length);
            i += length;
        }
        if (isAscii) return true;
        if (stripsAccents)
        {
            var decomposed = new TextBuffer();
            decomposed.Clear(to.HasPlaces);
            if (_decompose.Apply(to, decomposed))
            {
                to.Clear(to.HasPlaces);
                StripMarks(decomposed, to);
            }
        }
        if (lowercases)
        {
            var lower = new TextBuffer();
            lower.Clear(to.HasPlaces);
            if (_lower.Apply(to, lower))
            {
                to.Clear(to.HasPlaces);
                to.Copy(lower, 0, lower.Length);
            }
        }
        return true;
    }

    static void StripMarks(TextBuffer from, TextBuffer to)
    {
        for (var i = 0; i < from.Length;)
        {
            var point = CodePoints.At(from.Text, i, out var length);
            if (CodePoints.Category(point) != UnicodeCategory.NonSpacingMark) to.Copy(from, i, i + length);
            i += length;
        }
    }

    static bool IsSpace(int point) => point is '\t' or '\n' or '\r' || CodePoints.IsSpace(point);

    static bool IsControl(int point) => point is 0 or 0xFFFD
        || (point is not ('\t' or '\n' or '\r') && CodePoints.Category(point) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate);
}

/// <summary>Replaces a text, or what a pattern matches, by another text, which stands for the last character that was replaced.</summary>
sealed class ReplaceStep(string? text, Pattern? pattern, string content) : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        var matches = new List<(int Start, int End)>();
        if (pattern is not null) pattern.FindAll(from.Text, 0, from.Length, matches);
        else if (text is { Length: > 0 })
            for (var at = 0; from.Text[at..].IndexOf(text, StringComparison.Ordinal) is >= 0 and var found; at += found + text.Length) matches.Add((at + found, at + found + text.Length));
        if (matches.Count == 0) return false;
        var kept = 0;
        foreach (var (start, end) in matches)
        {
            to.Copy(from, kept, start);
            to.Append(content, from, end - 1);
            kept = end;
        }
        to.Copy(from, kept, from.Length);
        return true;
    }
}

sealed class PrependStep(string content) : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        if (from.Length == 0) return false;
        to.Append(content, from, 0);
        to.Copy(from, 0, from.Length);
        return true;
    }
}

sealed class StripStep(bool left, bool right) : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        var (start, end) = (0, from.Length);
        while (left && start < end && CodePoints.IsSpace(from[start])) start++;
        while (right && end > start && CodePoints.IsSpace(from[end - 1])) end--;
        if (end - start == from.Length) return false;
        to.Copy(from, start, end);
        return true;
    }
}

/// <summary>SentencePiece's "nmt" cleaning: certain controls vanish, certain spaces become blanks (tokenizers, normalizers/unicode.rs).</summary>
sealed class NmtStep : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            int c = from[i];
            if (c is (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F) continue;
            if (c is 9 or 10 or 12 or 13 or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD) to.Append(' ', from, i);
            else to.Copy(from, i, i + 1);
        }
        return true;
    }
}

/// <summary>Bytes of UTF-8 as the visible characters that byte-level vocabularies are written in.</summary>
sealed class ByteLevelStep : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        ByteLevel.Append(from, 0, from.Length, to);
        return true;
    }
}

sealed class NormalizerSequence(IReadOnlyList<Normalizer> steps) : Normalizer
{
    public override bool Apply(TextBuffer from, TextBuffer to)
    {
        TextBuffer current = from, spare = to;
        TextBuffer? third = null;
        foreach (var step in steps)
        {
            spare.Clear(from.HasPlaces);
            if (!step.Apply(current, spare)) continue;
            // The first buffer is the caller's: it stays as it is, but for changes in place.
            (current, spare) = (spare, current == from ? third ??= new TextBuffer() : current);
        }
        if (current == from)
        {
            to.Clear(from.HasPlaces);
            return false;
        }
        if (current == to) return true;
        to.Clear(from.HasPlaces);
        to.Copy(current, 0, current.Length);
        return true;
    }
}

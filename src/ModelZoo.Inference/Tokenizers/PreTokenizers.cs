using ModelZoo.Inference.Patterns;
using ModelZoo.Inference.Unicode;

namespace ModelZoo.Inference.Tokenizers;

/// <summary>Splits text into what the model then looks at piece by piece.</summary>
abstract class PreTokenizer
{
    public abstract void Apply(Pieces pieces);
}

/// <summary>What becomes of what a rule matches.</summary>
enum SplitBehaviour
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Cuts pieces where matches lie.</summary>
static class Cutter
{
    [ThreadStatic]
    static List<(int Start, int End, bool IsMatch)>? s_parts;

    public static void Cut(int start, int end, List<(int Start, int End)> matches, bool inverts, SplitBehaviour behaviour, List<(int Start, int End)> into)
    {
        var parts = s_parts ??= [];
        parts.Clear();
        var at = start;
        foreach (var (first, last) in matches)
        {
            if (first > at) parts.Add((at, first, inverts));
            parts.Add((first, last, !inverts));
            at = last;
        }
        if (at < end) parts.Add((at, end, inverts));
        Merge(parts, behaviour, into);
    }

    static void Merge(List<(int Start, int End, bool IsMatch)> parts, SplitBehaviour behaviour, List<(int Start, int End)> into)
    {
        for (var i = 0; i < parts.Count; i++)
        {
            var (start, end, isMatch) = parts[i];
            var before = i > 0 && parts[i - 1].IsMatch;
            switch (behaviour)
            {
                case SplitBehaviour.Removed when isMatch: break;
                case SplitBehaviour.MergedWithPrevious when isMatch && i > 0 && !before:
                case SplitBehaviour.Contiguous when i > 0 && before == isMatch:
                    into[^1] = (into[^1].Start, end);
                    break;
                case SplitBehaviour.MergedWithNext when isMatch && i + 1 < parts.Count && !parts[i + 1].IsMatch:
                    into.Add((start, parts[++i].End));
                    break;
                default: into.Add((start, end)); break;
            }
        }
    }
}

sealed class PatternSplit(Pattern pattern, SplitBehaviour behaviour, bool inverts) : PreTokenizer
{
    [ThreadStatic]
    static List<(int Start, int End)>? s_matches;

    public override void Apply(Pieces pieces) => pieces.Split((text, start, end, into) =>
    {
        var matches = s_matches ??= [];
        matches.Clear();
        pattern.FindAll(text.Text, start, end, matches);
        Cutter.Cut(start, end, matches, inverts, behaviour, into);
    });
}

/// <summary>Splits by a class of characters, or by an exact text.</summary>
sealed class ClassSplit(Func<int, bool> isMatch, SplitBehaviour behaviour) : PreTokenizer
{
    public override void Apply(Pieces pieces) => pieces.Split((text, start, end, into) =>
    {
        var matches = new List<(int, int)>();
        for (var i = start; i < end;)
        {
            var point = CodePoints.At(text.Text[..end], i, out var length);
            if (isMatch(point)) matches.Add((i, i + length));
            i += length;
        }
        Cutter.Cut(start, end, matches, false, behaviour, into);
    });
}

sealed class TextSplit(string separator, SplitBehaviour behaviour, bool inverts) : PreTokenizer
{
    public override void Apply(Pieces pieces) => pieces.Split((text, start, end, into) =>
    {
        var matches = new List<(int, int)>();
        for (var at = start; separator.Length > 0 && text.Text[at..end].IndexOf(separator, StringComparison.Ordinal) is >= 0 and var found; at = matches[^1].Item2)
            matches.Add((at + found, at + found + separator.Length));
        Cutter.Cut(start, end, matches, inverts, behaviour, into);
    });
}

/// <summary>BERT's: away with white space, every punctuation mark a piece of its own; in one walk.</summary>
sealed class BertSplit : PreTokenizer
{
    public override void Apply(Pieces pieces) => pieces.Split(static (text, start, end, into) =>
    {
        var chars = text.Text[..end];
        var word = -1;
        for (var i = start; i < end;)
        {
            var point = CodePoints.At(chars, i, out var length);
            var isMark = CodePoints.IsPunctuation(point);
            if (isMark || CodePoints.IsSpace(point))
            {
                if (word >= 0) into.Add((word, i));
                word = -1;
                if (isMark) into.Add((i, i + length));
            }
            else if (word < 0) word = i;
            i += length;
        }
        if (word >= 0) into.Add((word, end));
    });
}

sealed class ByteLevelSplit(bool addsPrefixSpace, bool splits) : PreTokenizer
{
    readonly PatternSplit _split = new(new Pattern(ByteLevel.Split), SplitBehaviour.Isolated, false);

    public override void Apply(Pieces pieces)
    {
        if (addsPrefixSpace)
        {
            pieces.Rewrite(static (text, start, end, to) =>
            {
                if (text[start] != ' ') to.Append(' ', text, start);
                to.Copy(text, start, end);
            });
        }
        if (splits) _split.Apply(pieces);
        pieces.Rewrite(ByteLevel.Append);
    }
}

enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>SentencePiece's: blanks become a visible character, which begins words.</summary>
sealed class MetaspaceSplit(string replacement, PrependScheme scheme, bool splits) : PreTokenizer
{
    public override void Apply(Pieces pieces)
    {
        pieces.Rewrite((text, start, end, to) =>
        {
            var begins = text.Text[start..end].StartsWith(replacement, StringComparison.Ordinal) || text[start] == ' ';
            if (!begins && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && pieces.IsBeginning && start == 0))) to.Append(replacement, text, start);
            for (var i = start; i < end; i++)
            {
                if (text[i] == ' ') to.Append(replacement, text, i);
                else to.Copy(text, i, i + 1);
            }
        });
        if (splits) new TextSplit(replacement, SplitBehaviour.MergedWithNext, false).Apply(pieces);
    }
}

sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Apply(Pieces pieces)
    {
        foreach (var step in steps) step.Apply(pieces);
    }
}

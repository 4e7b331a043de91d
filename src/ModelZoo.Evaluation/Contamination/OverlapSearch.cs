using System.Buffers;
using System.Globalization;

namespace ModelZoo.Evaluation.Contamination;

/// <summary>How much of a benchmark stands in a text that a model was trained on.</summary>
public enum ContaminationLevel
{
    /// <summary>Less than one item in a hundred.</summary>
    NoneKnown,

    /// <summary>One item in a hundred or more.</summary>
    Weak,

    /// <summary>One item in ten or more.</summary>
    Strong,
}

/// <summary>What was found.</summary>
/// <param name="Items">Items long enough to be looked for.</param>
/// <param name="TooShort">Items with fewer words than an n-gram has: nothing can be said of them.</param>
/// <param name="Found">Places of the items with at least one n-gram in the text, ascending.</param>
/// <param name="Words">Words of training text that were read.</param>
public sealed record OverlapReport(int Items, int TooShort, IReadOnlyList<int> Found, long Words)
{
    public double Share => Items == 0 ? 0 : (double)Found.Count / Items;

    public ContaminationLevel Level => Share >= 0.1 ? ContaminationLevel.Strong : Share >= 0.01 ? ContaminationLevel.Weak : ContaminationLevel.NoneKnown;
}

/// <summary>
/// Looks for the items of a benchmark in training text by word n-grams, 13 long unless told otherwise. Texts are compared by their letters and digits in lower case:
/// everything else separates words. Memory grows with the benchmark; training text streams past and may be of any length. Two n-grams that share a 64-bit hash count as
/// equal: among a million of each that happens with a probability of one in twenty million.
/// Source: T. Brown et al., Language Models are Few-Shot Learners, appendix C, for the 13 words.
/// </summary>
public sealed class OverlapSearch
{
    /// <summary>The words of the paper.</summary>
    public const int UsualLength = 13;

    /// <summary>A word of a text without spaces is cut here, so that memory stays bounded.</summary>
    const int MaxWord = 1024;

    readonly int _length;
    readonly Dictionary<ulong, List<int>> _items = [];
    readonly int _count, _tooShort;

    /// <param name="items">What the task asks, one text an item.</param>
    /// <param name="length">Words of an n-gram.</param>
    public OverlapSearch(IEnumerable<string> items, int length = UsualLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 100);
        _length = length;
        var place = 0;
        foreach (var item in items)
        {
            var window = new Window(length);
            var words = new WordReader();
            var isLong = false;
            words.Read(item, hash => Note(hash));
            words.End(hash => Note(hash));
            if (isLong) _count++;
            else _tooShort++;
            place++;

            void Note(ulong word)
            {
                if (window.Add(word) is not { } gram) return;
                isLong = true;
                if (!_items.TryGetValue(gram, out var places)) _items[gram] = places = [];
                if (places.Count == 0 || places[^1] != place) places.Add(place);
            }
        }
    }

    /// <summary>Reads all of the training texts. N-grams do not reach from one text into the next.</summary>
    public OverlapReport Search(IEnumerable<TextReader> texts, CancellationToken stop)
    {
        var found = new SortedSet<int>();
        long count = 0;
        var buffer = ArrayPool<char>.Shared.Rent(1 << 16);
        try
        {
            foreach (var text in texts)
            {
                var window = new Window(_length);
                var words = new WordReader();
                while (text.Read(buffer) is > 0 and var read)
                {
                    stop.ThrowIfCancellationRequested();
                    words.Read(buffer.AsSpan(0, read), Look);
                }
                words.End(Look);

                void Look(ulong word)
                {
                    count++;
                    if (window.Add(word) is { } gram && _items.TryGetValue(gram, out var places)) found.UnionWith(places);
                }
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(buffer);
        }
        return new(_count, _tooShort, [.. found], count);
    }

    /// <summary>Hashes words as their characters pass; what a piece ends in goes on in the next.</summary>
    sealed class WordReader
    {
        // FNV-1a, 64 bits, then mixed: words are short, and their hashes are combined below.
        const ulong Start = 14695981039346656037, Prime = 1099511628211;

        ulong _hash = Start;
        int _letters;

        public void Read(ReadOnlySpan<char> text, Action<ulong> word)
        {
            foreach (var character in text)
            {
                // Surrogates belong to letters of rarer scripts and to pictures: both stand for themselves.
                if (char.IsLetterOrDigit(character) || char.IsSurrogate(character) || CharUnicodeInfo.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark)
                {
                    _hash = (_hash ^ char.ToLowerInvariant(character)) * Prime;
                    if (++_letters == MaxWord) End(word);
                }
                else if (_letters > 0) End(word);
            }
        }

        public void End(Action<ulong> word)
        {
            if (_letters == 0) return;
            word(_hash);
            (_hash, _letters) = (Start, 0);
        }
    }

    /// <summary>The last words' hashes, combined in order.</summary>
    sealed class Window(int length)
    {
        readonly ulong[] _words = new ulong[length];
        int _next, _filled;

        public ulong? Add(ulong word)
        {
            _words[_next] = word;
            _next = (_next + 1) % length;
            if (_filled < length) _filled++;
            if (_filled < length) return null;
            ulong gram = 0;
            for (var i = 0; i < length; i++)
            {
                gram = (gram ^ _words[(_next + i) % length]) * 0x9E3779B97F4A7C15;
                gram ^= gram >> 32;
            }
            return gram;
        }
    }
}

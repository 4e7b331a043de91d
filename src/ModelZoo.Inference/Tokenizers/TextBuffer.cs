namespace ModelZoo.Inference.Tokenizers;

/// <summary>
/// Text on its way through a tokenizer. When places are wanted, every character knows which part of the given text it stands for.
/// </summary>
sealed class TextBuffer
{
    char[] _chars = new char[256];
    int[] _starts = [];
    int[] _ends = [];

    public int Length { get; private set; }

    /// <summary>Keep places. Costs two numbers a character.</summary>
    public bool HasPlaces { get; private set; }

    public ReadOnlySpan<char> Text => _chars.AsSpan(0, Length);

    public char this[int index] => _chars[index];

    public void Clear(bool hasPlaces)
    {
        (Length, HasPlaces) = (0, hasPlaces);
        Reserve(0);
    }

    /// <summary>Fills the buffer with a piece of the given text, which begins there at <paramref name="start"/>.</summary>
    public void Load(ReadOnlySpan<char> text, int start, bool hasPlaces)
    {
        Clear(hasPlaces);
        Reserve(text.Length);
        text.CopyTo(_chars);
        Length = text.Length;
        if (!hasPlaces) return;
        for (var i = 0; i < text.Length; i++)
        {
            // Both halves of a pair stand for the whole of it.
            var isFirst = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            var isSecond = i > 0 && char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]);
            (_starts[i], _ends[i]) = (start + i - (isSecond ? 1 : 0), start + i + (isFirst ? 2 : 1));
        }
    }

    /// <summary>Adds a character that stands for what character <paramref name="origin"/> of <paramref name="from"/> stands for.</summary>
    public void Append(char c, TextBuffer from, int origin)
    {
        if (Length == _chars.Length) Reserve(1);
        _chars[Length] = c;
        if (HasPlaces) (_starts[Length], _ends[Length]) = from.Length == 0 ? (0, 0) : (from._starts[origin], from._ends[origin]);
        Length++;
    }

    public void AppendPoint(int point, TextBuffer from, int origin)
    {
        if (point < 0x10000)
        {
            Append((char)point, from, origin);
            return;
        }
        Append((char)(0xD800 + ((point - 0x10000) >> 10)), from, origin);
        Append((char)(0xDC00 + ((point - 0x10000) & 0x3FF)), from, origin);
    }

    public void Append(ReadOnlySpan<char> text, TextBuffer from, int origin)
    {
        foreach (var c in text) Append(c, from, origin);
    }

    /// <summary>Adds a part of another buffer as it is.</summary>
    public void Copy(TextBuffer from, int start, int end)
    {
        var count = end - start;
        Reserve(count);
        from._chars.AsSpan(start, count).CopyTo(_chars.AsSpan(Length));
        if (HasPlaces)
        {
            from._starts.AsSpan(start, count).CopyTo(_starts.AsSpan(Length));
            from._ends.AsSpan(start, count).CopyTo(_ends.AsSpan(Length));
        }
        Length += count;
    }

    /// <summary>The place in the given text of characters from <paramref name="start"/> to <paramref name="end"/>.</summary>
    public (int Start, int End) PlaceOf(int start, int end) => end > start ? (_starts[start], Math.Max(_starts[start], _ends[end - 1])) : (0, 0);

    /// <summary>Changes a character in place.</summary>
    public void Set(int index, char c) => _chars[index] = c;

    void Reserve(int more)
    {
        var needed = checked(Length + more);
        if (needed > _chars.Length) Array.Resize(ref _chars, Math.Max(needed, _chars.Length * 2));
        if (!HasPlaces || _starts.Length >= _chars.Length) return;
        Array.Resize(ref _starts, _chars.Length);
        Array.Resize(ref _ends, _chars.Length);
    }
}

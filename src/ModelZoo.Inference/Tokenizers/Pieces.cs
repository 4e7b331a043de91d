namespace ModelZoo.Inference.Tokenizers;

/// <summary>A text and how it has been split so far. Splitting replaces the list, rewriting replaces the text too.</summary>
sealed class Pieces
{
    TextBuffer _spareText = new();
    List<(int Start, int End)> _spare = [];

    public TextBuffer Text { get; private set; } = new();

    public List<(int Start, int End)> Items { get; private set; } = [];

    /// <summary>The text is the beginning of what was given; some rules treat its first word apart.</summary>
    public bool IsBeginning { get; private set; }

    public void Load(TextBuffer text, int start, int end, bool isBeginning)
    {
        Text.Clear(text.HasPlaces);
        Text.Copy(text, start, end);
        Items.Clear();
        if (Text.Length > 0) Items.Add((0, Text.Length));
        IsBeginning = isBeginning;
    }

    /// <summary>Hands every piece to a splitter, which adds the parts that it is split into.</summary>
    public void Split(Action<TextBuffer, int, int, List<(int Start, int End)>> split)
    {
        _spare.Clear();
        foreach (var (start, end) in Items) split(Text, start, end, _spare);
        (Items, _spare) = (_spare, Items);
    }

    /// <summary>Hands every piece to a writer, which adds its new text to another buffer.</summary>
    public void Rewrite(Action<TextBuffer, int, int, TextBuffer> rewrite)
    {
        _spareText.Clear(Text.HasPlaces);
        for (var i = 0; i < Items.Count; i++)
        {
            var (start, end) = Items[i];
            var before = _spareText.Length;
            rewrite(Text, start, end, _spareText);
            Items[i] = (before, _spareText.Length);
        }
        (Text, _spareText) = (_spareText, Text);
    }
}

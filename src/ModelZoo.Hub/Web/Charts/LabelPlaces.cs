namespace ModelZoo.Hub.Web.Charts;

/// <summary>Keeps labels apart. A place is taken for the narrowest chart there is, so that no width lets two labels meet; what finds none stays in the table.</summary>
sealed class LabelPlaces
{
    /// <summary>Width of one character in per cent of a chart 320 px wide: 6.2 px at 12 px type.</summary>
    const double PerCharacter = 1.95;

    const double LineHeight = 13;

    readonly List<(double Left, double Right, double Top, double Bottom)> _taken = [];

    public void Take(double left, double right, double top, double bottom) => _taken.Add((left, right, top, bottom));

    /// <param name="x">Where the words begin, or end when <paramref name="isEnd"/>; per cent.</param>
    /// <param name="y">Their base line.</param>
    public bool TryTake(double x, double y, string words, bool isEnd)
    {
        var width = words.Length * PerCharacter;
        var (left, right) = isEnd ? (x - width, x) : (x, x + width);
        var (top, bottom) = (y - LineHeight + 2, y + 2);
        if (left < 0 || right > 100) return false;
        foreach (var other in _taken)
            if (left < other.Right && right > other.Left && top < other.Bottom && bottom > other.Top) return false;
        _taken.Add((left, right, top, bottom));
        return true;
    }
}

namespace ModelZoo.Hub.Web.Pages.Populations.Figures;

/// <summary>One measure of every pair of members, from a table of pairs. Read by halves: what was not measured is NaN.</summary>
sealed class PairTable(string column) : IFolded
{
    /// <summary>Analyses pair 500 members at most.</summary>
    const int MostMembers = 600;

    readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    readonly List<string> _ids = [];
    float[] _values = [];

    /// <summary>In the order of the table.</summary>
    public IReadOnlyList<string> Ids => _ids;

    public long SizeBytes => 4L * _values.Length + 150L * _ids.Count;

    public bool Add(CsvRow row)
    {
        if (row.Number(column) is not { } value || Place(row["a"]) is not { } a || Place(row["b"]) is not { } b || a == b) return true;
        var at = At(a, b);
        if (at >= _values.Length)
        {
            var before = _values.Length;
            Array.Resize(ref _values, Math.Max(at + 1, Math.Min(2 * Math.Max(before, 64), MostMembers * MostMembers / 2)));
            Array.Fill(_values, float.NaN, before, _values.Length - before);
        }
        _values[at] = (float)value;
        return true;
    }

    /// <summary>NaN where the pair was not measured.</summary>
    public double Find(int a, int b) => a == b || At(a, b) is var at && at >= _values.Length ? double.NaN : _values[At(a, b)];

    public int? PlaceOf(string id) => _places.TryGetValue(id, out var at) ? at : null;

    int? Place(string id)
    {
        if (id.Length == 0) return null;
        if (_places.TryGetValue(id, out var at)) return at;
        if (_ids.Count >= MostMembers) return null;
        _ids.Add(id);
        return _places[id] = _ids.Count - 1;
    }

    static int At(int a, int b) => Math.Max(a, b) * (Math.Max(a, b) - 1) / 2 + Math.Min(a, b);
}

namespace ModelZoo.Hub.Web.Pages.Populations.Figures;

/// <summary>A member's place along the principal directions of its group of equal shapes.</summary>
sealed record ComponentRow(string Group, string Member, string Family, IReadOnlyList<double> Coordinates);

/// <summary>components.csv.</summary>
sealed class ComponentTable : IFolded
{
    const int MostMembers = 1_000;
    const int MostDirections = 10;

    readonly List<ComponentRow> _rows = [];

    public IReadOnlyList<ComponentRow> Rows => _rows;

    public long SizeBytes => 400L * _rows.Count;

    public bool Add(CsvRow row)
    {
        var coordinates = new List<double>();
        while (coordinates.Count < MostDirections && row.Number($"pc{coordinates.Count + 1}") is { } value) coordinates.Add(value);
        if (coordinates.Count > 0 && row["member_id"].Length > 0) _rows.Add(new(row["group"], row["member_id"], row["family"], coordinates));
        return _rows.Count < MostMembers;
    }
}

/// <summary>What lies between two members on a straight line.</summary>
sealed record BarrierRow(string Kind, string A, string B, bool SameHeadSeed, double AccuracyBarrier, double? LossBarrier, double? MidpointAccuracy, bool IsConnected);

/// <summary>barriers.csv.</summary>
sealed class BarrierTable : IFolded
{
    const int MostPairs = 2_000;

    readonly List<BarrierRow> _rows = [];

    public IReadOnlyList<BarrierRow> Rows => _rows;

    public long SizeBytes => 400L * _rows.Count;

    public bool Add(CsvRow row)
    {
        if (row.Number("accuracy_barrier") is { } barrier && row["a"].Length > 0 && row["b"].Length > 0)
            _rows.Add(new(row["kind"], row["a"], row["b"], row["same_head_seed"] == "1", barrier, row.Number("loss_barrier"), row.Number("midpoint_accuracy"), row["connected"] == "1"));
        return _rows.Count < MostPairs;
    }
}

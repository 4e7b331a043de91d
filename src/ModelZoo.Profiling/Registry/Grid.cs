namespace ModelZoo.Profiling;

/// <summary>An electricity grid and the data centres on it.</summary>
/// <param name="GramsPerKilowattHour">CO₂ equivalent.</param>
/// <param name="Pue">Facility energy over computer energy.</param>
/// <param name="LitresPerKilowattHour">Water.</param>
public sealed record Grid(string Id, string Name, double GramsPerKilowattHour, double Pue, double LitresPerKilowattHour)
{
    public static Grid From(IReadOnlyDictionary<string, string> row)
    {
        var id = RecordTable.GetId(row);
        return new(id, RecordTable.FindText(row, "name") ?? id, RecordTable.FindNumber(row, "grams_per_kwh") ?? throw new ProfileException($"Grid '{id}' has no 'grams_per_kwh'."),
            RecordTable.FindNumber(row, "pue") ?? 1, RecordTable.FindNumber(row, "wue_litres_per_kwh") ?? 0);
    }
}

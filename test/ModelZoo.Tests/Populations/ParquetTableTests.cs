using System.Globalization;
using System.Text.Json;
using ModelZoo.Evaluation.Data.Parquet;
using ModelZoo.Learning.Exchange;
using ModelZoo.Tests.Client;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>The index as Parquet, read back by the reader of evaluations, which was not written for it.</summary>
public sealed class ParquetTableTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    [Fact]
    public void Cells_come_back_with_their_types()
    {
        using var folder = new TemporaryFolder();
        var rows = new List<IReadOnlyList<string>> { (string[])["whole", "real", "text", "none", "zeros"] };
        for (var i = 0; i < 1000; i++) rows.Add([i % 7 == 0 ? "" : (i * -3L).ToString(CultureInfo.InvariantCulture), i % 5 == 0 ? "" : (i / 8.0).ToString(CultureInfo.InvariantCulture), i % 3 == 0 ? "" : $"Ünïcode \"{i}\"", "", "007"]);
        File.WriteAllBytes(folder["t.parquet"], ParquetTable.Write(rows, new Dictionary<string, string> { ["population"] = "p@1" }));
        using var table = ParquetFile.Open(folder["t.parquet"]);
        var read = table.ReadRows().ToList();
        Assert.Equal((1000, 1000), (read.Count, (int)table.RowCount));
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(i % 7 == 0 ? null : i * -3L, read[i]["whole"]);
            Assert.Equal(i % 5 == 0 ? null : i / 8.0, read[i]["real"]);
            Assert.Equal(i % 3 == 0 ? null : $"Ünïcode \"{i}\"", read[i]["text"]);
            Assert.Null(read[i]["none"]);
            Assert.Equal("007", read[i]["zeros"]);
        }
    }

    [Fact]
    public async Task An_export_has_the_index_as_parquet_and_addresses_that_last()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["a", "b"]) Assert.Equal(0, (await ZooAsync("population", "export", small.Folder, "--format", "flat", "--epoch", "last", "--out", folder[name])).Code);
        using var table = ParquetFile.Open(Path.Combine(folder["a"], "index.parquet"));
        var rows = table.ReadRows().ToList();
        Assert.Equal(File.ReadLines(Path.Combine(folder["a"], "index.csv")).Count() - 1, rows.Count);
        Assert.Equal(18, rows.Select(row => row["member_id"]).Distinct().Count());
        Assert.All(rows, row => Assert.IsType<long>(row["epoch"]));
        var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["a"], "manifest.json"))).RootElement;
        Assert.Equal("small@1", manifest.GetProperty("address").GetString());
        var states = manifest.GetProperty("states_by_content");
        Assert.Equal(18, states.EnumerateObject().Count());
        Assert.All(states.EnumerateObject(), state => Assert.Matches("^[0-9a-f]{64}$", state.Value.GetString()));
        Assert.Equal(states.GetRawText(), JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["b"], "manifest.json"))).RootElement.GetProperty("states_by_content").GetRawText());
    }

    [Theory]
    [InlineData("cnn-seed", 1000)]
    [InlineData("cnn-hyp-10-fixed", 2560)]
    [InlineData("cnn-hyp-10-rand", 2560)]
    public async Task The_regimes_of_published_zoos_are_planned(string name, int members)
    {
        var plan = await JsonAsync("population", "plan", name, "--no-calibration", "--members");
        Assert.Equal((members, members * 51), (plan.GetProperty("members").GetInt32(), plan.GetProperty("checkpoints").GetInt32()));
        var seeds = plan.GetProperty("list").EnumerateArray().Select(member => member.GetProperty("factors").GetProperty("seed").GetInt64()).Distinct().Count();
        Assert.Equal(name switch { "cnn-seed" => 1000, "cnn-hyp-10-fixed" => 10, _ => 2560 }, seeds);
    }
}

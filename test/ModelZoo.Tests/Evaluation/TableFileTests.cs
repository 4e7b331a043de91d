using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data.Arrow;
using ModelZoo.Evaluation.Data.Parquet;

namespace ModelZoo.Tests.Evaluation;

/// <summary>Parquet and Arrow files that other programs wrote (Evaluation/tables/make.mjs) give the rows that went in.</summary>
public sealed class TableFileTests
{
    [Theory]
    [InlineData("nested.parquet")]
    [InlineData("plain.parquet")]
    [InlineData("stream.arrow")]
    [InlineData("file.arrow")]
    public void Rows_come_out_as_they_went_in(string name)
    {
        var expected = File.ReadLines(PathOf("expected.jsonl")).Select(line => JsonNode.Parse(line)!).ToList();
        var rows = Rows(PathOf(name)).Select(row => JsonSerializer.SerializeToNode(row)!).ToList();
        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++) Assert.True(JsonNode.DeepEquals(expected[i], rows[i]), $"Row {i} is {rows[i]}, not {expected[i]}.");
    }

    [Fact]
    public void Differences_split_streams_and_times_are_decoded()
    {
        var rows = Rows(PathOf("encodings.parquet")).ToList();
        Assert.Equal(1000, rows.Count);
        for (long i = 0; i < rows.Count; i++)
        {
            var number = i * i - 300;
            Assert.Equal(number, rows[(int)i]["delta"]);
            Assert.Equal(number * 5_000_000_000, rows[(int)i]["delta64"]);
            Assert.Equal($"text {number % 37}", rows[(int)i]["lengths"]);
            Assert.Equal($"https://example.org/{number}", rows[(int)i]["shared"]);
            Assert.Equal(number / 4.0, rows[(int)i]["split"]);
            Assert.Equal(new DateTime(2000, 1, 1, 0, 30, 0).AddHours(i).ToString("yyyy-MM-dd'T'HH:mm:ss"), rows[(int)i]["days"]);
        }
    }

    [Theory]
    [InlineData("nested.parquet")]
    [InlineData("encodings.parquet")]
    [InlineData("stream.arrow")]
    public void A_file_that_is_cut_off_or_changed_is_refused_or_read_but_never_breaks(string name)
    {
        var content = File.ReadAllBytes(PathOf(name));
        var path = Path.GetTempFileName();
        try
        {
            for (var i = 0; i < 400; i++)
            {
                var random = new Random(i);
                var broken = i % 4 == 0 ? content[..random.Next(content.Length)] : [.. content];
                for (var change = 0; change < i % 5 && broken.Length > 0; change++) broken[random.Next(broken.Length)] = (byte)random.Next(256);
                File.WriteAllBytes(path, broken);
                try
                {
                    Assert.InRange(Rows(path, name).Take(100_000).Count(), 0, 100_000);
                }
                catch (EvaluationException error)
                {
                    Assert.NotEmpty(error.Message);
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    static IEnumerable<IReadOnlyDictionary<string, object?>> Rows(string path, string? name = null)
    {
        if ((name ?? path).EndsWith(".arrow", StringComparison.Ordinal))
        {
            using var arrow = ArrowFile.Open(path);
            foreach (var row in arrow.ReadRows()) yield return row;
            yield break;
        }
        using var parquet = ParquetFile.Open(path);
        foreach (var row in parquet.ReadRows()) yield return row;
    }

    static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Evaluation", "tables", name);
}

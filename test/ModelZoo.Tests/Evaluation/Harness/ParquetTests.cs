using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Data.Parquet;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>Files of the Rust implementation of Parquet (parquet-wasm 0.6), 300 rows each: lists, structs, lists of lists, nulls, pictures.</summary>
public sealed class ParquetTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Evaluation", "parquet", $"{name}.parquet");

    static List<Document> Read(string name)
    {
        using var folder = new Folder().Copy(Fixture(name), "data/test-00000-of-00001.parquet");
        return [.. new DatasetFolder(folder.Path).Get(new("test")).Read(s_never)];
    }

    [Theory]
    [InlineData("snappy")]
    [InlineData("gzip_pages_v2")]
    [InlineData("plain")]
    public void Rows_are_what_was_written(string name)
    {
        var rows = Read(name);
        Assert.Equal(300, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i].Fields;
            Assert.Equal((long)i, row["id"]);
            Assert.Equal(i % 7 == 3 ? null : $"Question {i} — é 🎉?", row["question"]);
            Assert.Equal(i % 2 == 0 ? "easy" : "hard", row["level"]);
            var choices = Assert.IsType<IReadOnlyDictionary<string, object?>>(row["choices"], exactMatch: false);
            Assert.Equal(Enumerable.Range(0, i % 4).Select(k => (object?)$"choice {k} of {i}"), Assert.IsType<IReadOnlyList<object?>>(choices["text"], exactMatch: false));
            Assert.Equal(Enumerable.Range(0, i % 4).Select(k => (object?)(long)k), Assert.IsType<IReadOnlyList<object?>>(choices["label"], exactMatch: false));
            Assert.Equal(i / 8.0, row["score"]);
            Assert.Equal(i % 3 == 0, row["flag"]);
            Assert.Equal([(byte)i, 1, 2], Assert.IsType<ReadOnlyMemory<byte>>(row["image"]).ToArray());
            if (i % 5 == 4) Assert.Null(row["grid"]);
            else Assert.Equal([[(long)i], [], [(long)i, i + 1L]], Assert.IsType<IReadOnlyList<object?>>(row["grid"], exactMatch: false).Select(inner => ((IReadOnlyList<object?>)inner!).Cast<long>().ToArray()));
        }
    }

    [Fact]
    public void A_codec_that_is_not_read_is_named() => Assert.Contains("zstd", Assert.Throws<EvaluationException>(() => Read("zstd")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_broken_file_is_refused_and_never_runs_away()
    {
        var good = File.ReadAllBytes(Fixture("snappy"));
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = good.ToArray();
            for (var k = 0; k < 1 + (round % 8); k++) bytes[round % 2 == 0 ? random.Next(bytes.Length) : bytes.Length - 1 - random.Next(2000)] = (byte)random.Next(256);
            using var folder = new Folder().Write("test.parquet", bytes[..(round % 3 == 0 ? random.Next(bytes.Length) : bytes.Length)]);
            try
            {
                _ = new DatasetFolder(folder.Path, new DataLimits { MaxWholeBytes = 1 << 24 }).Get(new("test")).Read(s_never).Take(2000).Count();
            }
            catch (EvaluationException)
            {
            }
        }
    }

    [Fact]
    public void Differences_are_put_together_again()
    {
        // The example of the format's description: 7, 5, 3, 1, 2, 3, 4, 5 in one block of 128 with one miniblock used of four.
        byte[] page = [0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b11000000, 0b00111111, 0, 0, 0, 0, 0, 0];
        Assert.Equal([7, 5, 3, 1, 2, 3, 4, 5], ParquetValues.Deltas(page, 100, out _));
    }
}

using System.IO.Compression;
using System.Text;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Data;

namespace ModelZoo.Tests.Evaluation.Harness;

public sealed class DatasetTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Theory]
    [InlineData("test.jsonl", "test", null)]
    [InlineData("data/test-00000-of-00002.jsonl", "test", null)]
    [InlineData("my_testing_set.jsonl", "", null)]
    [InlineData("toy_dev.jsonl", "validation", null)]
    [InlineData("validation/part1.jsonl", "validation", null)]
    [InlineData("anatomy/dev.jsonl", "validation", "anatomy")]
    [InlineData("test/anatomy_test.jsonl", "test", "anatomy")]
    [InlineData("passive_1.jsonl", "train", "passive_1")]
    [InlineData("validation_matched.jsonl", "validation_matched", null)]
    public void Splits_are_found_by_the_names_of_files(string path, string split, string? config)
    {
        using var folder = new Folder().Write(path, "{\"a\": 1}\n").Write("README.md", "x").Write(".hidden/test.jsonl", "{}");
        var dataset = new DatasetFolder(folder.Path);
        if (split.Length == 0) Assert.Contains("my_testing_set", Assert.Throws<EvaluationException>(() => dataset.Get(new("nothing"))).Message, StringComparison.Ordinal);
        else Assert.Equal(1L, Assert.Single(dataset.Get(new(split, config)).Read(s_never)).Fields["a"]);
    }

    [Fact]
    public void A_split_of_another_configuration_or_a_longer_name_is_not_taken()
    {
        using var folder = new Folder().Write("validation_matched.jsonl", "{\"a\": 1}").Write("validation_mismatched.jsonl", "{\"a\": 2}").Write("b/test.jsonl", "{\"a\": 3}");
        var dataset = new DatasetFolder(folder.Path);
        Assert.Equal(2L, dataset.Get(new("validation_mismatched")).Read(s_never).Single().Fields["a"]);
        Assert.Throws<EvaluationException>(() => dataset.Get(new("test", "c")));
        Assert.Throws<EvaluationException>(() => dataset.Get(new("test", Files: ["../outside.jsonl"])));
    }

    [Fact]
    public void Patterns_and_packed_files_are_found_and_read_in_the_order_of_their_names()
    {
        using var folder = new Folder().Write("x/b.jsonl", "{\"a\": 2}\n").Write("x/a.jsonl.gz", Folder.Gzip("{\"a\": 1, \"id\": \"first\"}\r\n\n"u8.ToArray())).Write("y/a.jsonl", "{\"a\": 9}\n");
        var rows = new DatasetFolder(folder.Path).Get(new("test", Files: ["x/*"])).Read(s_never).ToList();
        Assert.Equal([1L, 2L], rows.Select(row => row.Fields["a"]));
        Assert.Equal(["first", "1"], rows.Select(row => row.Id));
        Assert.Equal([0, 1], rows.Select(row => row.Index));
        Assert.Single(new DatasetFolder(folder.Path).Get(new("test", Files: ["x/a.jsonl"])).Read(s_never));
    }

    [Fact]
    public void Json_values_keep_their_kinds()
    {
        using var folder = new Folder().Write("test.jsonl", """{"text": "é\n", "whole": 7, "real": 0.5, "flag": true, "none": null, "list": [1, "a"], "map": {"k": 1e3}}""");
        var fields = new DatasetFolder(folder.Path).Get(new("test")).Read(s_never).Single().Fields;
        Assert.Equal("é\n", fields["text"]);
        Assert.Equal(7L, fields["whole"]);
        Assert.Equal(0.5, fields["real"]);
        Assert.Equal(true, fields["flag"]);
        Assert.Null(fields["none"]);
        Assert.Equal([1L, "a"], Assert.IsType<IReadOnlyList<object?>>(fields["list"], exactMatch: false));
        Assert.Equal(1000.0, Assert.IsType<IReadOnlyDictionary<string, object?>>(fields["map"], exactMatch: false)["k"]);
        folder.Write("list/test.json", """[{"a": 1}, {"a": 2}]""");
        Assert.Equal([1L, 2L], new DatasetFolder(folder["list"]).Get(new("test")).Read(s_never).Select(row => row.Fields["a"]));
    }

    [Fact]
    public void Tables_know_quotes_and_the_kinds_of_columns()
    {
        using var folder = new Folder().Write("test.csv", "\uFEFFtext,answer,score,code,flag,gap\r\n\"a \"\"b\"\",\nc\",0,1.5,007,True,1\n plain ,3,-2,8,False,\n");
        var rows = new DatasetFolder(folder.Path).Get(new("test")).Read(s_never).ToList();
        Assert.Equal(["a \"b\",\nc", 0L, 1.5, "007", true, 1L], rows[0].Fields.Values);
        Assert.Equal([" plain ", 3L, -2.0, "8", false, null], rows[1].Fields.Values);
        folder.Write("t/test.tsv", "a\tb\n\"x\ty\n");
        Assert.Equal("\"x", new DatasetFolder(folder["t"]).Get(new("test")).Read(s_never).Single().Fields["a"]);
    }

    [Theory]
    [InlineData("test.jsonl", "{\"a\": 1}\n{\"a\": \n", "test.jsonl, line 2")]
    [InlineData("test.jsonl", "[1]x", "test.jsonl")]
    [InlineData("test.jsonl", "7\n", "test.jsonl, line 1")]
    [InlineData("test.csv", "a,b\n1,2\n1\n", "test.csv, line 3")]
    [InlineData("test.csv", "a,a\n1,2\n", "test.csv, line 1")]
    [InlineData("test.csv", "a\n\"open\n\n", "test.csv, line 2")]
    [InlineData("test.csv", "a\n\"x\"y\n", "test.csv, line 2")]
    [InlineData("test-ubyte", "xxxxxxxx", "test-ubyte")]
    [InlineData("test.npz", "PK", "test.npz")]
    [InlineData("test.jsonl.gz", "no gzip", "test.jsonl.gz")]
    public void What_is_broken_is_said_with_file_and_line(string name, string content, string place)
    {
        using var folder = new Folder().Write(name, content);
        Assert.Contains(place, Assert.Throws<EvaluationException>(() => new DatasetFolder(folder.Path).Get(new("test")).Read(s_never).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_are_bounded_before_they_are_used()
    {
        using var folder = new Folder().Write("test.jsonl.gz", Folder.Gzip(new byte[1 << 20])).Write("long/test.jsonl", new string('x', 5000)).Write("rows/test.jsonl", "{}\n{}\n{}\n");
        var limits = new DataLimits { MaxFileBytes = 100_000, MaxRowBytes = 200_000 };
        Assert.Contains("unpacked", Assert.Throws<EvaluationException>(() => new DatasetFolder(folder.Path, limits).Get(new("test", Files: ["test.jsonl.gz"])).Read(s_never).Count()).Message, StringComparison.Ordinal);
        Assert.Contains("longer", Assert.Throws<EvaluationException>(() => new DatasetFolder(folder["long"], new DataLimits { MaxRowBytes = 100 }).Get(new("test")).Read(s_never).Count()).Message, StringComparison.Ordinal);
        Assert.Throws<EvaluationException>(() => new DatasetFolder(folder["rows"], new DataLimits { MaxRows = 2 }).Get(new("test")).Read(s_never).Count());
        // An item of 2^31 × 2^31 is refused before memory is taken for it.
        folder.Write("idx/test-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
        Assert.Contains("longer", Assert.Throws<EvaluationException>(() => new DatasetFolder(folder["idx"]).Get(new("test")).Read(s_never).Count()).Message, StringComparison.Ordinal);
        Assert.Single(new DatasetFolder(folder["rows"]).Get(new("test")).Read(s_never).Take(1));
    }

    [Fact]
    public void Idx_files_of_pictures_and_labels_become_rows()
    {
        using var folder = new Folder().Write("t10k-images-idx3-ubyte.gz", Folder.Gzip([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2, 3, 255])).Write("t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);
        var rows = new DatasetFolder(folder.Path).Get(new("test")).Read(s_never).ToList();
        var image = Assert.IsType<NumberArray>(rows[1].Fields["image"]);
        Assert.Equal([2, 1], image.Shape);
        Assert.Equal([3f, 255f], image.Values.ToArray());
        Assert.Equal(9L, rows[1].Fields["label"]);
    }

    [Fact]
    public void Folders_of_pictures_are_classes_and_metadata_describes_them()
    {
        using var folder = new Folder().Write("test/dog/1.png", [1]).Write("test/cat/2.jpg", [2]).Write("more/test/metadata.csv", "file_name,caption\na.png,hello\n").Write("more/test/a.png", [3]);
        var rows = new DatasetFolder(folder.Path).Get(new("test", Files: ["test/**"], Format: DataFormat.Images)).Read(s_never).ToList();
        Assert.Equal([(object?)0L, 1L], rows.Select(row => row.Fields["label"]));
        Assert.Equal(["cat", "dog"], rows.Select(row => row.Fields["label_name"]));
        Assert.Equal([2], Assert.IsType<ReadOnlyMemory<byte>>(rows[0].Fields["image"]).ToArray());
        var described = new DatasetFolder(folder["more"]).Get(new("test")).Read(s_never).Single();
        Assert.Equal("hello", described.Fields["caption"]);
    }

    [Fact]
    public void Numpy_archives_are_columns_of_arrays()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write("x.npy", "<f4", "(2, 3)", [.. new float[] { 1, 2, 3, 4, 5, 6 }.SelectMany(BitConverter.GetBytes)]);
            Write("y.npy", "<i8", "(2,)", [.. new long[] { 7, -1 }.SelectMany(BitConverter.GetBytes)]);

            void Write(string name, string type, string shape, byte[] content)
            {
                var header = Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n");
                using var entry = archive.CreateEntry(name).Open();
                entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header, .. content]);
            }
        }
        using var folder = new Folder().Write("test.npz", zip.ToArray());
        var rows = new DatasetFolder(folder.Path).Get(new("test")).Read(s_never).ToList();
        Assert.Equal([4f, 5f, 6f], Assert.IsType<NumberArray>(rows[1].Fields["x"]).Values.ToArray());
        Assert.Equal(-1L, rows[1].Fields["y"]);
    }

    [Fact]
    public async Task A_digest_is_that_of_the_sorted_list_of_files()
    {
        using var folder = new Folder().Write("test-b.jsonl", "{}").Write("test-a.jsonl", "{}");
        // sha256sum test-a.jsonl test-b.jsonl | sha256sum
        var line = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("{}"u8));
        var expected = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{line}  test-a.jsonl\n{line}  test-b.jsonl\n")));
        Assert.Equal(expected, await new DatasetFolder(folder.Path).Get(new("test")).DigestAsync(s_never));
    }
}

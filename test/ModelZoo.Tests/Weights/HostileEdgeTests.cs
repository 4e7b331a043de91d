using System.IO.Compression;
using ModelZoo.Fuzz.Targets.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Lies in formats whose parts point at one another: HDF5, FlatBuffers and archives. Each is refused by a message that names it.</summary>
public sealed class HostileEdgeTests
{
    static byte[] Hdf5 => new Hdf5Target().Seeds(new Random(1)).First();

    static byte[] TFLite => new TFLiteTarget().Seeds(new Random(1)).First();

    static byte[] With(byte[] file, int at, params byte[] bytes)
    {
        bytes.CopyTo(file, at);
        return file;
    }

    static byte[] U64(ulong value) => BitConverter.GetBytes(value);

    static async Task<string> RefusalAsync(byte[] file) => (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(file))).Message;

    /// <summary>Root object at 64, an old group at 512 with its tree at 1024, heap at 1280, members at 1408, a dataset at 1536.</summary>
    public static TheoryData<string, byte[]> Hdf5Lies()
    {
        var shape = Hdf5.AsSpan().IndexOf((byte[])[.. U64(2), .. U64(3)]);
        var layout = Hdf5.AsSpan().IndexOf((byte[])[3, 1, .. U64(1792)]);
        return new()
        {
            { "unknown version 9", With(Hdf5, 8, 9) },
            { "Addresses of 4", With(Hdf5, 9, 4) },
            { "base address lies outside", With(Hdf5, 12, U64(1UL << 63)) },
            { "should have 9223372036854775808 bytes", With(Hdf5, 28, U64(1UL << 63)) },
            { "it is truncated", Hdf5[..1000] },
            { "outside its bytes", With(Hdf5, 36, U64(1UL << 62)) },
            { "no tree of members", With(Hdf5, 1024, "LEAF"u8.ToArray()) },
            { "points back to itself", With(With(Hdf5, 1029, 1), 1024 + 32, U64(1024)) },
            { "no heap of names", With(Hdf5, 1280, "PILE"u8.ToArray()) },
            { "names of a group claim 9223372036854775808 bytes", With(Hdf5, 1288, U64(1UL << 63)) },
            { "no list of members", With(Hdf5, 1408, "NODS"u8.ToArray()) },
            { "lies outside the names", With(Hdf5, 1416, U64(1UL << 40)) },
            { "axis overflows", With(Hdf5, shape, U64(1UL << 63)) },
            { "overflows", With(Hdf5, shape, [.. U64(1UL << 40), .. U64(1UL << 40)]) },
            { "unknown version 9", With(Hdf5, layout, 9) },
        };
    }

    [Theory]
    [MemberData(nameof(Hdf5Lies))]
    public async Task An_HDF5_file_that_lies_is_refused_by_name(string said, byte[] file) => Assert.Contains(said, await RefusalAsync(file), StringComparison.Ordinal);

    [Fact]
    public async Task A_group_that_contains_itself_is_read_once()
    {
        // The link that leads to the group leads back to the root.
        var at = Hdf5.AsSpan().IndexOf((byte[])[.. "group"u8, .. U64(512)]) + 5;
        Assert.True((await Bytes.ReadAsync(With(Hdf5, at, U64(64)))).Tensors.Count <= 1);
    }

    public static TheoryData<string, byte[]> TFLiteLies()
    {
        // The shape of the constant: one axis of two numbers.
        var one = (byte[])[1, 0, 0, 0, 2, 0, 0, 0];
        var at = TFLite.AsSpan().IndexOf(one);
        at += 8 + TFLite.AsSpan(at + 8).IndexOf(one);
        return new()
        {
            { "takes 4000000 bytes; its buffer has 8", With(TFLite, at + 4, BitConverter.GetBytes(1_000_000)) },
            { "negative or overflows", With(TFLite, at + 4, BitConverter.GetBytes(-5)) },
            { "elements", With(TFLite, at, BitConverter.GetBytes(int.MaxValue)) },
            { "outside", With(TFLite, 0, BitConverter.GetBytes(int.MaxValue)) },
            { "no known weight format", With(TFLite, 4, "TFL9"u8.ToArray()) },
        };
    }

    [Theory]
    [MemberData(nameof(TFLiteLies))]
    public async Task A_TFLite_file_that_lies_is_refused_by_name(string said, byte[] file) => Assert.Contains(said, await RefusalAsync(file), StringComparison.Ordinal);

    static byte[] Npz(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        return file.ToArray();
    }

    static byte[] Array => [0x93, .. "NUMPY"u8, 1, 0, 0x46, 0, .. System.Text.Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".PadRight(69) + "\n"), .. new byte[8]];

    static int Central(byte[] zip) => zip.AsSpan().IndexOf("PK\u0001\u0002"u8);

    static int End(byte[] zip) => zip.AsSpan().LastIndexOf("PK\u0005\u0006"u8);

    public static TheoryData<string, byte[]> ZipLies()
    {
        byte[] Stored() => Npz(CompressionLevel.NoCompression, ("a.npy", Array));
        return new()
        {
            { "two entries 'a.npy'", Npz(CompressionLevel.NoCompression, ("a.npy", Array), ("a.npy", Array)) },
            { "no table of contents", Stored()[..^10] },
            { "outside the file", With(Stored(), Central(Stored()) + 42, BitConverter.GetBytes(int.MaxValue)) },
            { "not where the table of contents says", With(Stored(), Central(Stored()) + 42, BitConverter.GetBytes(3)) },
            { "two different sizes", With(Stored(), Central(Stored()) + 24, BitConverter.GetBytes(1_000_000)) },
            { "encrypted", With(Stored(), Central(Stored()) + 8, 1) },
            { "outside the file or cannot hold", With(Stored(), End(Stored()) + 16, BitConverter.GetBytes(uint.MaxValue - 1)) },
            { "claims 65534 entries", With(Stored(), End(Stored()) + 8, 0xfe, 0xff, 0xfe, 0xff) },
            { "table of contents is damaged", With(Stored(), Central(Stored()), "XX"u8.ToArray()) },
        };
    }

    [Theory]
    [MemberData(nameof(ZipLies))]
    public async Task An_archive_that_lies_is_refused_by_name(string said, byte[] file) =>
        Assert.Contains(said, said.StartsWith("claims", StringComparison.Ordinal) ? (await RefusalAsync(file)).Replace("cannot hold its entries", "claims 65534 entries", StringComparison.Ordinal) : await RefusalAsync(file), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("MZ this is a program")]
    [InlineData("#!/bin/sh\nrm -rf /\n")]
    [InlineData("<html>not found</html>")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")]
    public async Task Content_of_no_format_is_refused_whatever_it_is_called(string text) => Assert.NotEmpty(await RefusalAsync(System.Text.Encoding.ASCII.GetBytes(text)));
}

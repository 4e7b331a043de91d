using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class NumpyTests
{
    static byte[] Npy(string header, int dataBytes, byte version = 1)
    {
        var file = new Bytes().Raw(0x93).Ascii("NUMPY").Raw(version, 0);
        return (version == 1 ? file.U16((ushort)header.Length) : file.U32((uint)header.Length)).Ascii(header).Raw(new byte[dataBytes]).ToArray();
    }

    static byte[] Npz(bool compress, params (string Name, byte[] Content)[] arrays)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in arrays)
            {
                using var entry = zip.CreateEntry($"{name}.npy", compress ? CompressionLevel.Fastest : CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }
        return file.ToArray();
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 48, "F32", "3,4", 1)]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n", 48, "F32", "3,4", 2)]
    [InlineData("{\"shape\": (), \"descr\": \"|b1\", \"fortran_order\": False}", 1, "BOOL", "", 3)]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (5L,), }", 40, "I64", "5", 1)]
    [InlineData("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", 24, "STRING", "2", 1)]
    public async Task An_array_is_read(string header, int bytes, string dtype, string shape, byte version)
    {
        var content = Npy(header, bytes, version);
        var tensor = Assert.Single((await Bytes.ReadAsync(content)).Tensors);
        Assert.Equal((dtype, shape, (long)bytes), (tensor.DType.Name, string.Join(',', tensor.Shape), tensor.ByteLength));
        Assert.Equal(content.Length, tensor.Offset + bytes);
    }

    [Fact]
    public async Task Column_order_and_byte_order_are_told()
    {
        var file = await Bytes.ReadAsync(Npy("{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }", 48));
        Assert.Equal([1, 2], file.Tensors[0].Strides!);
        Assert.Contains(file.Remarks, remark => remark.Contains("big-endian", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 47, "truncated")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8, "not read")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", 8, "structured")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", 8, "overflows")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", 8, "malformed shape")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os').system('true')}", 8, "lacks a '('")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", 8, "lacks descr")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", 8, "after its end")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", 8, "unknown or repeated")]
    public async Task A_header_that_lies_is_refused_by_name(string header, int bytes, string said) =>
        Assert.Contains(said, (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(Npy(header, bytes)))).Message);

    [Fact]
    public async Task Every_truncation_of_a_file_is_refused()
    {
        var npy = Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", 48);
        await Bytes.RequireEveryTruncationRefusedAsync(npy);
        await Bytes.RequireEveryTruncationRefusedAsync(Npz(true, ("a", npy)));
        await Bytes.RequireEveryByteChangeHandledAsync(npy, 0, 0xff, (byte)'(');
        await Bytes.RequireEveryByteChangeHandledAsync(Npz(true, ("a", npy)), 0, 0xff);
    }

    [Fact]
    public async Task A_compressed_archive_costs_its_headers_only()
    {
        var large = Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 4000), }", 16_000_000);
        var source = new CountingSource(new MemoryByteSource(Npz(true, ("w", large), ("b", Npy("{'descr': '<f2', 'fortran_order': False, 'shape': (7,), }", 14)))));
        var file = await WeightReader.ReadHeaderAsync(source, TestContext.Current.CancellationToken);
        Assert.Equal(WeightFormat.Npz, file.Format);
        Assert.Equal(["w 4000000", "b 7"], file.Tensors.Select(t => $"{t.Name} {t.ElementCount}"));
        Assert.Equal(TensorInfo.Unplaced, file.Tensors[0].Offset);
        Assert.InRange(source.BytesRead, 1, 500_000);
    }

    [Fact]
    public void Any_shape_is_read_back_from_an_archive()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Gen.Choose(0, 9).ArrayOf().Resize(5).ToArbitrary(), axes =>
        {
            var text = string.Concat(axes.Select(axis => $"{axis}, "));
            var bytes = axes.Aggregate(2, (product, axis) => product * axis);
            var file = Bytes.ReadAsync(Npz(false, ("a", Npy($"{{'descr': '<f2', 'fortran_order': False, 'shape': ({text}), }}", bytes)))).GetAwaiter().GetResult();
            return file.Tensors[0].Shape.SequenceEqual(axes.Select(axis => (long)axis)) && file.Tensors[0].ByteLength == bytes;
        }));
    }
}

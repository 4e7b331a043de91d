using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class SafetensorsTests
{
    const string OneTensor = """{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""";

    static byte[] File(string header, int dataBytes, ulong? length = null) =>
        new Bytes().U64(length ?? (ulong)Encoding.UTF8.GetByteCount(header)).Ascii(header).Raw(new byte[dataBytes]).ToArray();

    static async Task<string> RefusalOf(string header, int dataBytes, ulong? length = null) =>
        (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(File(header, dataBytes, length)))).Message;

    [Fact]
    public async Task The_example_of_the_reference_implementation_is_read()
    {
        var file = await Bytes.ReadAsync(File("""{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""", 16));

        Assert.Equal(WeightFormat.Safetensors, file.Format);
        var tensor = Assert.Single(file.Tensors);
        Assert.Equal(("test", DType.I32, 68L, 16L, 4L), (tensor.Name, tensor.DType, tensor.Offset, tensor.ByteLength, tensor.ElementCount));
        Assert.Equal([2, 2], tensor.Shape);
        Assert.Equal(68, file.DataOffset);
    }

    [Fact]
    public async Task A_header_padded_with_spaces_and_with_metadata_is_read()
    {
        var file = await Bytes.ReadAsync(File("""{"__metadata__":{"format":"pt","ü":"ß"},"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}      """, 8));

        Assert.Equal("pt", file.FindText("format"));
        Assert.Equal("ß", file.FindText("ü"));
        Assert.Empty(file.Tensors[0].Shape);
        Assert.Equal(1, file.Tensors[0].ElementCount);
    }

    [Fact]
    public async Task An_empty_model_and_an_empty_tensor_are_valid()
    {
        Assert.Empty((await Bytes.ReadAsync(File("{}", 0))).Tensors);
        var file = await Bytes.ReadAsync(File("""{"z":{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]}}""", 0));
        Assert.Equal(0, file.Tensors[0].ElementCount);
    }

    [Fact]
    public async Task Tensors_come_in_the_order_of_their_bytes_whatever_the_order_of_their_names()
    {
        var file = await Bytes.ReadAsync(File(
            """{"b":{"dtype":"U8","shape":[3],"data_offsets":[2,5]},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}""", 5));
        Assert.Equal(["a", "b"], file.Tensors.Select(t => t.Name));
    }

    [Theory]
    [InlineData("F4", 4, 2)]
    [InlineData("F6_E2M3", 4, 3)]
    [InlineData("F6_E3M2", 8, 6)]
    [InlineData("F8_E4M3", 3, 3)]
    [InlineData("F8_E5M2", 3, 3)]
    [InlineData("F8_E8M0", 3, 3)]
    [InlineData("BF16", 3, 6)]
    [InlineData("BOOL", 3, 3)]
    [InlineData("C64", 3, 24)]
    [InlineData("U64", 3, 24)]
    public async Task Every_type_takes_its_bytes(string dtype, int elements, int bytes)
    {
        var file = await Bytes.ReadAsync(File($$$"""{"t":{"dtype":"{{{dtype}}}","shape":[{{{elements}}}],"data_offsets":[0,{{{bytes}}}]}}""", bytes));
        Assert.Equal(dtype, file.Tensors[0].DType.Name);
        Assert.Equal(elements, file.Tensors[0].ElementCount);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}""", 16, "occurs twice")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I32","shape":[2,2],"data_offsets":[12,28]}}""", 28, "overlaps")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"I32","shape":[2,2],"data_offsets":[20,36]}}""", 36, "hole of 4")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[4,20]}}""", 20, "hole of 4")]
    [InlineData(OneTensor, 17, "1 bytes after")]
    [InlineData(OneTensor, 15, "truncated")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2,2],"data_offsets":[16,0]}}""", 16, "before it begins")]
    [InlineData("""{"a":{"dtype":"I32","shape":[2,3],"data_offsets":[0,16]}}""", 16, "takes 24 bytes")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "whole bytes")]
    [InlineData("""{"a":{"dtype":"X32","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown dtype")]
    [InlineData("""{"a":{"dtype":"Q4_0","shape":[32],"data_offsets":[0,18]}}""", 18, "unknown dtype")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}""", 0, "overflows")]
    [InlineData("""{"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,8]}}""", 8, "overflows")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 8, "overflow")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}""", 1, "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}}""", 1, "whole numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "more than 2 numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "two data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "needs a dtype")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "two dtypes")]
    [InlineData("""{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}""", 1, "must be a text")]
    [InlineData("""{"a":[1]}""", 1, "must be an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "must be a text")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "occurs twice")]
    [InlineData("""{"__metadata__":[]}""", 0, "object of texts")]
    [InlineData("""{"a" """, 0, "not valid JSON")]
    [InlineData("""{} x""", 0, "not valid JSON")]
    public async Task A_header_that_lies_is_refused_by_name(string header, int dataBytes, string said) =>
        Assert.Contains(said, await RefusalOf(header, dataBytes));

    [Fact]
    public async Task A_header_length_beyond_the_limit_or_the_file_is_refused_before_memory_is_taken()
    {
        Assert.Contains("at most 100000000", await RefusalOf(OneTensor, 16, ulong.MaxValue));
        Assert.Contains("at most 100000000", await RefusalOf(OneTensor, 16, 1UL << 63));
        Assert.Contains("truncated", await RefusalOf(OneTensor, 16, 99_999_999));
    }

    [Fact]
    public async Task Deep_JSON_and_broken_texts_are_refused()
    {
        Assert.Contains("nested too deeply", await RefusalOf($$$"""{"a":{"x":{{{new string('[', 10_000)}}}""", 0));
        Assert.Contains("nested too deeply", await RefusalOf($$$"""{"a":{"x":{{{new string('[', 70)}}}{{{new string(']', 70)}}}}}""", 0));
        Assert.Contains("Unicode", await RefusalOf("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
        var invalid = File("""{"?":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
        invalid[10] = 0xff;
        await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(invalid));
    }

    [Fact]
    public async Task A_name_or_a_rank_beyond_the_limit_is_refused()
    {
        Assert.Contains("4096 bytes", await RefusalOf($$$"""{"{{{new string('n', 4097)}}}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1));
        Assert.Contains("more than 64", await RefusalOf($$$"""{"a":{"dtype":"U8","shape":[{{{string.Join(',', Enumerable.Repeat(1, 65))}}}],"data_offsets":[0,1]}}""", 1));
    }

    [Fact]
    public async Task Every_truncation_of_a_file_is_refused()
    {
        var file = File("""{"__metadata__":{"format":"pt"},"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}  """, 16);
        await Bytes.RequireEveryTruncationRefusedAsync(file);
        await Bytes.RequireEveryByteChangeHandledAsync(file, 0, 0xff, (byte)'"', (byte)'{', (byte)'9');
    }

    [Fact]
    public void Any_set_of_tensors_is_read_back()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(TensorSets.Arbitrary, set =>
        {
            var types = set.Select(t => t.Type).ToList();
            long at = 0;
            var header = new Dictionary<string, object>();
            foreach (var (name, type, shape) in set)
            {
                Assert.True(type.TryGetByteLength(shape.Aggregate(1L, (a, b) => a * b), out var bytes));
                header[name] = new { dtype = type.Name, shape, data_offsets = new[] { at, at + bytes } };
                at += bytes;
            }
            var file = Bytes.ReadAsync(File(JsonSerializer.Serialize(header), (int)at)).GetAwaiter().GetResult();

            var expected = set.Select(t => (t.Name, t.Type, Shape: string.Join(',', t.Shape))).OrderBy(t => t.Name, StringComparer.Ordinal);
            Assert.Equal(expected, file.Tensors.Select(t => (t.Name, Type: t.DType, Shape: string.Join(',', t.Shape))).OrderBy(t => t.Name, StringComparer.Ordinal));
            Assert.Equal(at, file.Tensors.Sum(t => t.ByteLength));
            return types.Count == file.Tensors.Count;
        }));
    }

    [Fact]
    public async Task A_sharded_model_is_read_as_one_and_the_index_must_be_true()
    {
        var shards = new Dictionary<string, byte[]>
        {
            ["m-1.safetensors"] = File(OneTensor, 16),
            ["m-2.safetensors"] = File(OneTensor.Replace("\"a\"", "\"b\"", StringComparison.Ordinal), 16),
        };
        ValueTask<IByteSource> Open(string name, CancellationToken stop) => new(new MemoryByteSource(shards[name]));

        var index = SafetensorsIndex.Parse("""{"metadata":{"total_size":32.0},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}"""u8);
        var whole = await index.ReadShardsAsync(Open, TestContext.Current.CancellationToken);
        Assert.Equal(32, index.TotalSizeBytes);
        Assert.Equal(["a m-1.safetensors", "b m-2.safetensors"], whole.Tensors.Select(t => $"{t.Name} {t.ExternalFile}"));
        Assert.Equal(8, WeightSummary.Of(whole).TotalParameters);

        var swapped = SafetensorsIndex.Parse("""{"weight_map":{"b":"m-1.safetensors","a":"m-2.safetensors"}}"""u8);
        var refused = await Assert.ThrowsAsync<WeightFormatException>(() => swapped.ReadShardsAsync(Open, TestContext.Current.CancellationToken));
        Assert.Contains("but the index says", refused.Message);
    }

    [Theory]
    [InlineData("../x.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("C:\\\\x")]
    [InlineData("")]
    public void An_index_that_points_outside_its_folder_is_refused(string file) =>
        Assert.Throws<WeightFormatException>(() => SafetensorsIndex.Parse(Encoding.UTF8.GetBytes($$$"""{"weight_map":{"a":"{{{file}}}"}}""")));

    [Fact]
    public async Task The_index_is_detected_and_named_when_it_is_read_as_weights()
    {
        var refused = await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync("""{ "weight_map": {} }"""u8.ToArray()));
        Assert.Equal(WeightFormat.SafetensorsIndex, refused.Format);
    }

    [Theory]
    [InlineData("shakespeare-gpt2/model.safetensors", 40, 742_528, "F32")]
    [InlineData("mnist-cnn-torch/mnist.safetensors", 0, 0, "F32 I64")]     // batch normalisation counts its batches
    [InlineData("silero-vad/silero_vad_16k.safetensors", 0, 0, "F32")]
    [InlineData("banking77-bert-mini/model.safetensors", 0, 0, "F32")]
    public async Task A_real_model_adds_up(string path, int tensors, long parameters, string dtypes)
    {
        var full = SharedModels.Require(path);
        var file = await WeightReader.ReadFileAsync(full, TestContext.Current.CancellationToken);
        var summary = WeightSummary.Of(file);

        Assert.Equal(new FileInfo(full).Length, file.DataOffset + summary.TotalBytes);
        Assert.Equal(dtypes, string.Join(' ', summary.ParametersByDType.Keys));
        if (tensors > 0) Assert.Equal((tensors, parameters), (file.Tensors.Count, summary.TotalParameters));
    }
}

using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class GgufTests
{
    static Bytes Text(Bytes to, string text) => to.U64((ulong)text.Length).Ascii(text);

    static Bytes Start(ulong tensors, ulong pairs, uint version = 3) => new Bytes().Ascii("GGUF").U32(version).U64(tensors).U64(pairs);

    static Bytes TextPair(Bytes to, string key, string value) => Text(Text(to, key).U32(8), value);

    static Bytes Tensor(Bytes to, string name, uint type, ulong offset, params ulong[] fastestFirst)
    {
        Text(to, name).U32((uint)fastestFirst.Length);
        foreach (var axis in fastestFirst) to.U64(axis);
        return to.U32(type).U64(offset);
    }

    static byte[] Sample(uint version = 3)
    {
        var file = Start(2, 8, version);
        TextPair(file, "general.architecture", "llama");
        Text(file, "llama.context_length").U32(4).U32(4096);
        Text(file, "negative").U32(11).U64(unchecked((ulong)-5L));
        Text(file, "big").U32(10).U64(ulong.MaxValue);
        Text(file, "flag").U32(7).Raw(1);
        Text(file, "eps").U32(6).U32(BitConverter.SingleToUInt32Bits(1e-5f));
        Text(file, "words").U32(9).U32(8).U64(70);
        for (var i = 0; i < 70; i++) Text(file, $"w{i}");
        Text(file, "few").U32(9).U32(5).U64(2).U32(1).U32(2);
        Tensor(file, "w", 12, 0, 256, 2);        // Q4_K, 2 rows of 256: 288 bytes
        Tensor(file, "b", 0, 288, 3);
        return file.PadTo(32).Raw(new byte[288 + 12]).ToArray();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Metadata_and_tensors_are_read(uint version)
    {
        var file = await Bytes.ReadAsync(Sample(version));

        Assert.Equal(WeightFormat.Gguf, file.Format);
        Assert.Equal("llama", file.FindText("general.architecture"));
        Assert.Equal(4096, file.FindWhole("llama.context_length"));
        Assert.Equal(-5, file.FindWhole("negative"));
        Assert.Equal(new MetadataValue.Whole(ulong.MaxValue), file.Metadata["big"]);
        Assert.Null(file.FindWhole("big"));
        Assert.Equal(new MetadataValue.Flag(true), file.Metadata["flag"]);
        Assert.Equal(new MetadataValue.Real(1e-5f), file.Metadata["eps"]);
        Assert.Equal(new MetadataValue.Series("string", 70, null), file.Metadata["words"]);
        Assert.Equal("[1, 2]", file.Metadata["few"].ToString());
        Assert.Equal([2, 256], file.Tensors[0].Shape);
        Assert.Equal((DType.Q4K, 288L, file.DataOffset), (file.Tensors[0].DType, file.Tensors[0].ByteLength, file.Tensors[0].Offset));
        Assert.Equal((DType.F32, 12L, file.DataOffset + 288), (file.Tensors[1].DType, file.Tensors[1].ByteLength, file.Tensors[1].Offset));

        var summary = WeightSummary.Of(file);
        Assert.Equal(("llama", 4096L, 515L), (summary.Architecture, summary.ContextLength, summary.TotalParameters));
        Assert.Equal(512, summary.ParametersByDType["Q4_K"]);
    }

    [Fact]
    public async Task A_vocabulary_is_kept_when_it_is_asked_for()
    {
        var file = await Bytes.ReadAsync(Sample(), new WeightReadOptions { KeepLongLists = true });
        var words = Assert.IsType<MetadataValue.Series>(file.Metadata["words"]);
        Assert.Equal("w69", words.Items![^1].ToString());
    }

    [Fact]
    public async Task Big_endian_files_are_read()
    {
        var file = new Bytes().Ascii("GGUF").U32Big(3).U32(0).U32Big(1).U32(0).U32Big(0).U32(0).U32Big(1).Ascii("t")
            .U32Big(1).U32(0).U32Big(2).U32Big(0).U64(0).PadTo(32).Raw(new byte[8]).ToArray();
        var read = await Bytes.ReadAsync(file);
        Assert.Equal((2L, 8L), (read.Tensors[0].ElementCount, read.Tensors[0].ByteLength));
        Assert.Contains(read.Remarks, remark => remark.Contains("big-endian", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_truncation_of_a_file_is_refused()
    {
        await Bytes.RequireEveryTruncationRefusedAsync(Sample());
        await Bytes.RequireEveryByteChangeHandledAsync(Sample(), 0xff, 9);
    }

    public static TheoryData<string, byte[]> Lies()
    {
        var lies = new TheoryData<string, byte[]>
        {
            { "claims 18446744073709551615 tensors", Start(ulong.MaxValue, 0).Raw(new byte[64]).ToArray() },
            { "claims 9223372036854775808 metadata", Start(0, 1UL << 63).Raw(new byte[64]).ToArray() },
            { "version 1", Start(0, 0, 1).ToArray() },
            { "version 4", Start(0, 0, 4).ToArray() },
            { "occurs twice", TextPair(TextPair(Start(0, 2), "k", "v"), "k", "v").ToArray() },
            { "unknown type 13", Text(Start(0, 1), "k").U32(13).Raw(new byte[64]).ToArray() },
            { "must be 0 or 1", Text(Start(0, 1), "k").U32(7).Raw(2).ToArray() },
            { "more than the file can hold", Text(Start(0, 1), "k").U32(9).U32(8).U64(1UL << 61).Raw(new byte[64]).ToArray() },
            { "truncated", Text(Start(0, 1), "k").U32(8).U64(ulong.MaxValue).Raw(new byte[64]).ToArray() },
            { "power of two", Text(Start(0, 1), "general.alignment").U32(4).U32(24).ToArray() },
            { "power of two", Text(Start(0, 1), "general.alignment").U32(4).U32(0).ToArray() },
            { "occurs twice", Tensor(Tensor(Start(2, 0), "t", 0, 0, 8), "t", 0, 32, 8).PadTo(32).Raw(new byte[64]).ToArray() },
            { "unknown or withdrawn type 4", Tensor(Start(1, 0), "t", 4, 0, 8).PadTo(32).Raw(new byte[64]).ToArray() },
            { "5 axes", Tensor(Start(1, 0), "t", 0, 0, 1, 1, 1, 1, 1).PadTo(32).Raw(new byte[64]).ToArray() },
            { "overflows", Tensor(Start(1, 0), "t", 0, 0, 1UL << 32, 1UL << 32).PadTo(32).Raw(new byte[64]).ToArray() },
            { "overflows", Tensor(Start(1, 0), "t", 0, 0, 1UL << 63).PadTo(32).Raw(new byte[64]).ToArray() },
            { "fill blocks of 32", Tensor(Start(1, 0), "t", 2, 0, 16, 2).PadTo(32).Raw(new byte[64]).ToArray() },
            { "ends outside", Tensor(Start(1, 0), "t", 0, 0, 1 << 20).PadTo(32).Raw(new byte[64]).ToArray() },
            { "hole or misalignment", Tensor(Start(1, 0), "t", 0, 32, 8).PadTo(32).Raw(new byte[64]).ToArray() },
            { "hole or misalignment", Tensor(Tensor(Start(2, 0), "t", 0, 0, 8), "u", 0, 0, 8).PadTo(32).Raw(new byte[64]).ToArray() },
        };
        var nested = Text(Start(0, 1), "k").U32(9);
        for (var i = 0; i < 10; i++) nested.U32(9).U64(1);
        lies.Add("nests lists", nested.Raw(new byte[64]).ToArray());
        return lies;
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_header_that_lies_is_refused_by_name(string said, byte[] file) =>
        Assert.Contains(said, (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(file))).Message);

    [Fact]
    public async Task A_real_model_has_the_same_parameters_in_both_formats()
    {
        var stop = TestContext.Current.CancellationToken;
        var gguf = await WeightReader.ReadFileAsync(SharedModels.Require("shakespeare-gpt2/model-f32.gguf"), stop);
        var safetensors = await WeightReader.ReadFileAsync(SharedModels.Require("shakespeare-gpt2/model.safetensors"), stop);

        Assert.Equal("gpt2", gguf.FindText("general.architecture"));
        Assert.Equal(128, gguf.FindWhole("gpt2.context_length"));
        var shapes = safetensors.Tensors.ToDictionary(t => t.Name);
        Assert.Equal(shapes["transformer.wte.weight"].Shape, gguf.Tensors.Single(t => t.Name == "token_embd.weight").Shape);
        Assert.Equal(new FileInfo(SharedModels.Require("shakespeare-gpt2/model-f32.gguf")).Length,
            gguf.Tensors.Max(t => t.Offset + t.ByteLength) + 31 & ~31L);
    }

    [Theory]
    [InlineData("gguf-vocab/ggml-vocab-gpt-2.gguf", "gpt2", 50257)]
    [InlineData("gguf-vocab/ggml-vocab-bert-bge.gguf", "bert", 30522)]
    public async Task A_vocabulary_without_tensors_is_read(string path, string architecture, int words)
    {
        var file = await WeightReader.ReadFileAsync(SharedModels.Require(path), TestContext.Current.CancellationToken);
        Assert.Equal(architecture, file.FindText("general.architecture"));
        Assert.Equal(words, Assert.IsType<MetadataValue.Series>(file.Metadata["tokenizer.ggml.tokens"]).Count);
        Assert.Empty(file.Tensors);
    }
}

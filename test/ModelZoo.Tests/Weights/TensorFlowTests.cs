using ModelZoo.Fuzz;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

public class TensorFlowTests
{
    static Proto Shape(params ulong[] axes)
    {
        var shape = new Proto();
        foreach (var axis in axes) shape.Inner(2, new Proto().Number(1, axis));
        return shape;
    }

    static Proto Entry(ulong type, ulong shard, ulong offset, ulong size, params ulong[] axes) =>
        new Proto().Number(1, type).Inner(2, Shape(axes)).Number(3, shard).Number(4, offset).Number(5, size);

    /// <summary>One data block, an index with one entry, an empty meta index, a footer; keys share prefixes as LevelDB writes them.</summary>
    static byte[] Table(params (string Key, Proto Value)[] entries)
    {
        var file = new Bytes();
        var data = Block(file, entries.Select(entry => (entry.Key, entry.Value.ToArray())));
        var meta = Block(file, []);
        var index = Block(file, [("~", Handle(data))]);
        var footer = new Bytes().Raw(Handle(meta)).Raw(Handle(index));
        while (footer.Length < 40) footer.Raw(0);
        return file.Raw(footer.ToArray()).U64(0xdb4775248b80fb57).ToArray();
    }

    static byte[] Handle((int Offset, int Size) block) => new Proto().Varint((ulong)block.Offset).Varint((ulong)block.Size).ToArray();

    static (int, int) Block(Bytes file, IEnumerable<(string Key, byte[] Value)> entries)
    {
        var start = file.Length;
        var previous = "";
        foreach (var (key, value) in entries)
        {
            var shared = 0;
            while (shared < previous.Length && shared < key.Length && previous[shared] == key[shared]) shared++;
            file.Raw(new Proto().Varint((ulong)shared).Varint((ulong)(key.Length - shared)).Varint((ulong)value.Length).ToArray()).Ascii(key[shared..]).Raw(value);
            previous = key;
        }
        file.U32(0).U32(1);
        var size = file.Length - start;
        file.Raw(0, 0, 0, 0, 0);
        return (start, size);
    }

    static byte[] Checkpoint() => Table(("", new Proto().Number(1, 2)), ("dense/bias", Entry(1, 0, 0, 40, 10)),
        ("dense/kernel", Entry(19, 1, 64, 200, 10, 10)), ("step", Entry(9, 0, 40, 8)));

    [Fact]
    public async Task A_checkpoint_index_is_read()
    {
        var file = await Bytes.ReadAsync(Checkpoint());
        Assert.Equal(WeightFormat.TensorFlowCheckpoint, file.Format);
        Assert.Equal("""
            dense/bias F32 [10] data-00000-of-00002+0 40
            dense/kernel F16 [10,10] data-00001-of-00002+64 200
            step I64 [] data-00000-of-00002+40 8
            """, string.Join('\n', file.Tensors.Select(t => $"{t.Name} {t.DType} [{string.Join(',', t.Shape)}] {t.ExternalFile}+{t.ExternalOffset} {t.ByteLength}")));
    }

    [Fact]
    public async Task Every_truncation_of_a_checkpoint_index_is_refused()
    {
        await Bytes.RequireEveryTruncationRefusedAsync(Checkpoint());
        await Bytes.RequireEveryByteChangeHandledAsync(Checkpoint(), 0, 0xff);
    }

    public static TheoryData<string, byte[]> Lies()
    {
        var header = ("", new Proto().Number(1, 1));
        return new TheoryData<string, byte[]>
        {
            { "takes 40 bytes, but has 39", Table(header, ("a", Entry(1, 0, 0, 39, 10))) },
            { "data file 1 of 1", Table(header, ("a", Entry(1, 1, 0, 40, 10))) },
            { "overflows", Table(header, ("a", Entry(1, 0, ulong.MaxValue, 40, 10))) },
            { "negative or overflows", Table(header, ("a", Entry(1, 0, 0, 40, 1UL << 40, 1UL << 40))) },
            { "ascending", Table(header, ("b", Entry(1, 0, 0, 4)), ("a", Entry(1, 0, 0, 4))) },
            { "claims 0 data files", Table(("", new Proto())) },
            { "data file 0 of 0", Table(("a", Entry(1, 0, 0, 4))) },
        };
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task An_index_that_lies_is_refused_by_name(string said, byte[] file) =>
        Assert.Contains(said, (await Assert.ThrowsAsync<WeightFormatException>(() => Bytes.ReadAsync(file))).Message);

    [Fact]
    public async Task A_saved_model_tells_its_operators_and_its_serving_signature()
    {
        static Proto Value(string name, ulong type, Proto shape) =>
            new Proto().Text(1, name).Inner(2, new Proto().Text(1, $"{name}:0").Number(2, type).Inner(3, shape));
        var graph = new Proto().Inner(1, new Proto().Text(1, "x").Text(2, "Placeholder"))
            .Inner(2, new Proto().Inner(1, new Proto().Inner(3, new Proto().Text(1, "m").Text(2, "MatMul")).Inner(3, new Proto().Text(1, "n").Text(2, "MatMul"))));
        var signature = new Proto().Inner(1, Value("x", 1, Shape(ulong.MaxValue, 8))).Inner(2, Value("y", 9, new Proto().Number(3, 1)));
        var content = new Proto().Number(1, 1).Inner(2, new Proto()
            .Inner(1, new Proto().Text(4, "serve").Text(5, "2.15.0")).Inner(2, graph)
            .Inner(5, new Proto().Text(1, "serving_default").Inner(2, signature))).ToArray();

        var file = await Bytes.ReadAsync(content);
        Assert.Equal((WeightFormat.TensorFlowSavedModel, "2.15.0"), (file.Format, file.FindText("tensorflow.version")));
        Assert.Equal("MatMul=2 Placeholder=1", string.Join(' ', file.Graph!.Operators.Select(o => $"{o.Key}={o.Value}")));
        Assert.Equal(("x", DType.F32, "?,8"), (file.Graph.Inputs[0].Name, file.Graph.Inputs[0].DType, string.Join(',', file.Graph.Inputs[0].Shape!)));
        Assert.Equal(("y", DType.I64), (file.Graph.Outputs[0].Name, file.Graph.Outputs[0].DType));
        Assert.Null(file.Graph.Outputs[0].Shape);
        await Bytes.RequireEveryByteChangeHandledAsync(content, 0xff, 8);
    }
}

using System.Text;

namespace ModelZoo.Fuzz.Targets.Weights;

/// <summary>Pickles alone and in PyTorch's old container: every opcode, tensors of shared storages, code that must not run.</summary>
sealed class PickleTarget : WeightTarget
{
    static readonly byte[] s_magic = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public override string Name => "pickle";

    protected override IEnumerable<byte[]> Files()
    {
        yield return StateDictionary();
        yield return
        [
            .. s_magic, 0x80, 2, (byte)'M', 0xe9, 0x03, (byte)'.', 0x80, 2, (byte)'}', .. Text("little_endian"), 0x88, .. "s."u8,
            .. StateDictionary(), 0x80, 2, (byte)']', .. Text("0"), .. "a."u8, 8, 0, 0, 0, 0, 0, 0, 0, .. new byte[32],
        ];
        yield return [0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'}', 0x94, 0x8c, 1, (byte)'a', 0x94, .. "]"u8, 0x94, .. "(K\x01M\x02\x00eh\x00ss."u8];
    }

    /// <summary>Opcodes in any order: most are refused, and what is not must end.</summary>
    public override byte[]? Generate(Random random)
    {
        var opcodes = "(.0122NKMJIGSVTUBC])}ltdaesugpqjrchRobPQ"u8;
        var pickle = new List<byte> { 0x80, (byte)random.Next(2, 6), (byte)'}' };
        for (var count = random.Next(5, 80); count > 0; count--)
        {
            switch (random.Next(6))
            {
                case 0: pickle.AddRange(Text($"k{random.Next(3)}")); break;
                case 1: pickle.AddRange([(byte)'q', (byte)random.Next(4)]); break;
                case 2: pickle.AddRange([(byte)'h', (byte)random.Next(4)]); break;
                case 3: pickle.AddRange(Global("torch._utils", "_rebuild_tensor_v2")); break;
                default: pickle.Add(random.Next(5) == 0 ? (byte)random.Next(0x80, 0x98) : opcodes[random.Next(opcodes.Length)]); break;
            }
        }
        return [.. pickle, (byte)'.'];
    }

    /// <summary>{"w": 2×3, "t": the same transposed, "evil": os.system(…), "step": 7}.</summary>
    public static byte[] StateDictionary() =>
    [
        0x80, 2, .. "}("u8, .. Text("w"), .. Tensor([2, 3], [3, 1]), .. Text("t"), .. Tensor([3, 2], [1, 3]), .. Text("evil"), .. Global("os", "system"), (byte)'(', .. Text("x"), .. "tR"u8,
        .. Text("step"), (byte)'K', 7, .. "u."u8,
    ];

    static byte[] Tensor(byte[] shape, byte[] strides) =>
    [
        .. Global("torch._utils", "_rebuild_tensor_v2"), .. "(("u8, .. Text("storage"), .. Global("torch", "FloatStorage"), .. Text("0"), .. Text("cpu"), (byte)'K', 8, .. "tQK\x01("u8,
        .. shape.SelectMany(axis => new[] { (byte)'K', axis }), .. "t("u8, .. strides.SelectMany(step => new[] { (byte)'K', step }), (byte)'t', 0x89,
        .. Global("collections", "OrderedDict"), .. ")RtR"u8,
    ];

    static byte[] Global(string module, string name) => Encoding.ASCII.GetBytes($"c{module}\n{name}\n");

    static byte[] Text(string text) => [(byte)'X', (byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
}

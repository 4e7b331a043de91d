using System.Text;
using ModelZoo.Git.Packs;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Instructions that make one object from another.</summary>
sealed class DeltaTarget : FuzzTarget
{
    static readonly byte[] s_base = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}\n")));

    public override string Name => "delta";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 30; i++) yield return Make(s_base, random, out _);
    }

    public override byte[]? Generate(Random random) => Make(s_base, random, out _);

    public static byte[] Make(byte[] content, Random random, out byte[] result)
    {
        var (instructions, made) = (new MemoryStream(), new MemoryStream());
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            if (content.Length == 0 || random.Next(2) == 0)
            {
                var text = new byte[random.Next(1, 40)];
                random.NextBytes(text);
                instructions.WriteByte((byte)text.Length);
                instructions.Write(text);
                made.Write(text);
                continue;
            }
            var offset = random.Next(content.Length);
            var length = random.Next(1, Math.Min(content.Length - offset, 0xffff) + 1);
            instructions.Write([0b1011_1111, (byte)offset, (byte)(offset >> 8), (byte)(offset >> 16), (byte)(offset >> 24), (byte)length, (byte)(length >> 8)]);
            made.Write(content, offset, length);
        }
        result = made.ToArray();
        var delta = new MemoryStream();
        Size(delta, content.Length);
        Size(delta, result.Length);
        instructions.WriteTo(delta);
        return delta.ToArray();
    }

    static void Size(MemoryStream output, int size)
    {
        for (; size > 0x7f; size >>= 7) output.WriteByte((byte)(0x80 | (size & 0x7f)));
        output.WriteByte((byte)size);
    }

    public override string Run(ReadOnlyMemory<byte> input) => $"made {System.Numerics.BitOperations.Log2((uint)PackDelta.Apply(s_base, input.Span, 1 << 20).Length + 1)}";

    public override bool IsRefusal(Exception error) => error is PackFormatException;
}

using ModelZoo.Xet;

namespace ModelZoo.Fuzz.Targets;

/// <summary>LZ4 frames behind four bytes that say how long the content is. Decodes between guards: nothing may be written beside the room.</summary>
sealed class Lz4Target : FuzzTarget
{
    const int Guard = 64;
    const int MaxContent = 300_000;

    public override string Name => "lz4";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 40; i++) yield return Make(random);
    }

    public override byte[]? Generate(Random random) => Make(random);

    public override string Run(ReadOnlyMemory<byte> input)
    {
        if (input.Length < 4) return "nothing";
        var length = (int)(BitConverter.ToUInt32(input.Span) % MaxContent);
        var buffer = new byte[length + 2 * Guard];
        buffer.AsSpan().Fill(0xA5);
        XetFormatException? refused = null;
        try { Lz4Frame.Decode(input.Span[4..], buffer.AsSpan(Guard, length)); }
        catch (XetFormatException error) { refused = error; }
        if (buffer.AsSpan(0, Guard).ContainsAnyExcept((byte)0xA5) || buffer.AsSpan(Guard + length).ContainsAnyExcept((byte)0xA5)) throw new InvalidOperationException("written outside the room");
        if (refused is not null) throw new XetFormatException(refused.Message, refused);
        return $"gave {System.Numerics.BitOperations.Log2((uint)length + 1)} by {input.Span[8] & 0xFC:x}";
    }

    public override bool IsRefusal(Exception error) => error is XetFormatException;

    /// <summary>The header's checksum, which no blind change gets right.</summary>
    public override void Mend(byte[] input)
    {
        if (input.Length < 11) return;
        var length = 2 + ((input[8] & 8) != 0 ? 8 : 0);
        if (input.Length > 8 + length) input[8 + length] = (byte)(XxHash32.Of(input.AsSpan(8, length)) >> 8);
    }

    /// <summary>A frame of random sequences, mostly legal: literals, copies from near and far, runs of 255, blocks of every kind.</summary>
    static byte[] Make(Random random)
    {
        var flags = 0x40 | (random.Next(2) << 5);
        var frame = new List<byte> { 0x04, 0x22, 0x4d, 0x18, (byte)flags, (byte)(random.Next(4, 8) << 4), 0 };
        frame[6] = (byte)(XxHash32.Of((byte[])[frame[4], frame[5]]) >> 8);
        var total = 0;
        for (var blocks = random.Next(1, 4); blocks > 0; blocks--)
        {
            var block = new List<byte>();
            var written = 0;
            for (var sequences = random.Next(1, 12); sequences > 0; sequences--)
            {
                int literals = random.Next(1 << random.Next(1, 9)), match = 4 + random.Next(1 << random.Next(1, 11));
                if (written + literals == 0) literals = 1;
                Token(block, literals, match - 4, random);
                written += literals;
                var distance = 1 + random.Next(Math.Min(written, 1 << random.Next(1, 16)));
                block.AddRange([(byte)distance, (byte)(distance >> 8)]);
                Length(block, match - 4);
                written += match;
            }
            Token(block, 5, 0, random);
            frame.AddRange([.. BitConverter.GetBytes(block.Count), .. block]);
            total += written + 5;
        }
        frame.AddRange([0, 0, 0, 0]);
        return [.. BitConverter.GetBytes(total), .. frame];
    }

    static void Token(List<byte> block, int literals, int match, Random random)
    {
        block.Add((byte)(Math.Min(literals, 15) << 4 | Math.Min(match, 15)));
        Length(block, literals);
        for (; literals > 0; literals--) block.Add((byte)random.Next(256));
    }

    static void Length(List<byte> block, int length)
    {
        if (length < 15) return;
        for (length -= 15; length >= 255; length -= 255) block.Add(255);
        block.Add((byte)length);
    }
}

using ModelZoo.Git;

namespace ModelZoo.Fuzz.Targets;

/// <summary>pkt-lines as they come from a client.</summary>
sealed class PktLineTarget : FuzzTarget
{
    public override string Name => "pktline";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 20; i++) yield return Generate(random)!;
    }

    public override byte[]? Generate(Random random)
    {
        var output = new MemoryStream();
        for (var lines = random.Next(6); lines > 0; lines--)
        {
            var data = new byte[random.Next(1 << random.Next(1, 10))];
            random.NextBytes(data);
            PktLine.Write(output, data);
            if (random.Next(4) == 0) output.Write(random.Next(3) switch { 0 => "0000"u8, 1 => "0001"u8, _ => "0002"u8 });
        }
        PktLine.WriteFlush(output);
        return output.ToArray();
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var reader = new PktLineReader(new MemoryStream(input.ToArray()));
        var shape = "";
        while (reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } kind)
        {
            if (shape.Length < 12) shape += $"{kind.ToString()[0]}{System.Numerics.BitOperations.Log2((uint)reader.Data.Length + 1) / 3}";
            _ = reader.Text;
        }
        return shape;
    }

    public override bool IsRefusal(Exception error) => error is FormatException;
}

using ModelZoo.Xet;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Serialized xorbs. The two readers must agree, and what passes must come back the same from its index.</summary>
sealed class XorbTarget : FuzzTarget
{
    public override string Name => "xorb";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 20; i++)
        {
            var xorb = Make(random);
            yield return xorb.Bytes.ToArray();
            yield return [.. xorb.Bytes.ToArray(), .. XorbFooter.Encode(xorb.Index)];
        }
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        Xorb? parsed = null;
        XetFormatException? refused = null;
        try { parsed = Xorb.Parse(input); }
        catch (XetFormatException error) { refused = error; }
        var reader = new XorbReader(new MemoryStream(input.ToArray()));
        try
        {
            // A memory stream never waits.
            while (reader.ReadAsync(default).AsTask().GetAwaiter().GetResult()) { }
        }
        catch (XetFormatException error)
        {
            if (refused is null) throw new InvalidOperationException($"only the streaming reader refuses: {error.Message}");
            throw;
        }
        if (parsed is null) throw new InvalidOperationException($"only the reader in memory refuses: {refused!.Message}");
        if (!XorbIndex.Parse(reader.Index.Encode()).Encode().AsSpan().SequenceEqual(parsed.Index.Encode())) throw new InvalidOperationException("the index does not come back the same");
        return $"{Math.Min(parsed.Index.Count, 8)} chunks{(parsed.Bytes.Length < input.Length ? " and a footer" : "")}";
    }

    public override bool IsRefusal(Exception error) => error is XetFormatException;

    internal static Xorb Make(Random random)
    {
        var writer = new XorbWriter();
        for (var chunks = random.Next(1, 5); chunks > 0; chunks--)
        {
            var chunk = new byte[random.Next(1, 400)];
            if (random.Next(3) == 0) random.NextBytes(chunk);
            else for (var i = 0; i < chunk.Length; i++) chunk[i] = (byte)(i % 4 == 3 ? 0x3c : random.Next(1 << random.Next(1, 7)));
            writer.TryAdd(chunk);
        }
        return writer.Finish();
    }
}

namespace ModelZoo.Tests.Xet;

/// <summary>Gives a few bytes at a time, as a network does.</summary>
sealed class TrickleStream(byte[] content) : MemoryStream(content)
{
    readonly Random _random = new(1);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, _random.Next(1, 5000))], stop);
}

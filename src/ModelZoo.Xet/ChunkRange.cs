namespace ModelZoo.Xet;

/// <summary>Chunks of one xorb, from <paramref name="Start"/> up to and without <paramref name="End"/>.</summary>
public readonly record struct ChunkRange(int Start, int End)
{
    public int Count => End - Start;

    public bool Contains(ChunkRange other) => other.Start >= Start && other.End <= End;
}

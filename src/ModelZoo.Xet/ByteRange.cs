namespace ModelZoo.Xet;

/// <summary>Bytes from <paramref name="Start"/> up to and without <paramref name="End"/>.</summary>
public readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;

    /// <summary>The last byte, as HTTP and reconstruction answers count.</summary>
    public long Last => End - 1;
}

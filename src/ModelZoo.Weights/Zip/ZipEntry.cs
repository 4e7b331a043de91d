namespace ModelZoo.Weights.Zip;

/// <summary>One file of a zip archive, as its central directory describes it.</summary>
/// <param name="HeaderOffset">Where the entry's own header begins; its content follows that header.</param>
sealed record ZipEntry(string Name, int Method, long CompressedBytes, long Bytes, long HeaderOffset)
{
    public const int Stored = 0;
    public const int Deflated = 8;

    public bool IsStored => Method == Stored;
}

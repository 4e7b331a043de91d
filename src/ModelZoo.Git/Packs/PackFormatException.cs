namespace ModelZoo.Git.Packs;

/// <summary>A pack is malformed, cut off, or breaks a limit; the message says what and where.</summary>
public class PackFormatException(string message) : FormatException(message);

/// <summary>An object of a pack is larger than the reader takes, and it is not known which file it is.</summary>
public sealed class PackObjectTooLargeException(long sizeBytes, string message) : PackFormatException(message)
{
    public long SizeBytes { get; } = sizeBytes;
}

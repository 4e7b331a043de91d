using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage;

/// <summary>An upload in parts: what it will become, how it is cut, and the store's own handle to it.</summary>
sealed record PartsUpload(string Handle, Digest Digest, long SizeBytes, long PartBytes)
{
    /// <summary>S3's smallest part that is not the last one (Amazon S3 user guide, "Multipart upload limits").</summary>
    public const long MinPartBytes = 5L << 20;

    /// <summary>S3's largest part.</summary>
    public const long MaxPartBytes = 5L << 30;

    /// <summary>S3's largest number of parts.</summary>
    public const int MaxParts = 10_000;

    /// <summary>Exactly ceil(size / part size), at least 1.</summary>
    public int PartCount => (int)Math.Max(1, CountParts(SizeBytes, PartBytes));

    public long PartLength(int number) => Math.Min(PartBytes, SizeBytes - ((number - 1) * PartBytes));

    /// <summary>Refuses a cut that S3 could not store: parts of 5 MiB to 5 GiB, at most 10,000 of them.</summary>
    public static void RequirePossible(long sizeBytes, long partBytes)
    {
        if (sizeBytes < 0) throw Refusal.Invalid("A size cannot be negative.");
        if (partBytes is < MinPartBytes or > MaxPartBytes)
            throw Refusal.Invalid($"Parts must have {MinPartBytes} to {MaxPartBytes} bytes, not {partBytes}.");
        if (CountParts(sizeBytes, partBytes) > MaxParts)
            throw Refusal.Invalid($"{sizeBytes} bytes make more than {MaxParts} parts of {partBytes} bytes.");
    }

    public void RequirePart(int number)
    {
        if (number < 1 || number > PartCount) throw Refusal.Invalid($"There is no part {number}: this upload has parts 1 to {PartCount}.");
    }

    static long CountParts(long sizeBytes, long partBytes) => (sizeBytes / partBytes) + (sizeBytes % partBytes > 0 ? 1 : 0);
}

using System.Security.Cryptography;

namespace ModelZoo.Bench;

/// <summary>Bytes that do not compress and that nobody has sent before.</summary>
static class RandomFile
{
    public const int BlockBytes = 1 << 20;

    public static void Create(string path, long sizeBytes)
    {
        var block = new byte[BlockBytes];
        using var file = File.Create(path, 0);
        for (var left = sizeBytes; left > 0; left -= block.Length)
        {
            Random.Shared.NextBytes(block);
            file.Write(block, 0, (int)Math.Min(left, block.Length));
        }
        file.Flush(flushToDisk: true);
    }

    /// <summary>Makes it another file: 16 new bytes at its beginning.</summary>
    public static void Renew(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, RandomNumberGenerator.GetBytes(16), 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Reads it once, so that it lies in the page cache, and names it.</summary>
    public static string Digest(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}

using System.Security.Cryptography;
using System.Text;

namespace ModelZoo.Evaluation.Records;

/// <summary>
/// One digest for a set of files: SHA-256 over the lines <c>{sha256}  {path}\n</c>, sorted by path. Two commits that hold the same bytes under the same
/// paths have the same digest, whatever else changed between them; so a score stays true as long as the digest of what its run read does.
/// </summary>
public static class FilesDigest
{
    /// <param name="files">Path with '/' and SHA-256 in lower-case hex. Paths are sorted as UTF-8 bytes, which is also the order of code points.</param>
    public static string Of(IEnumerable<(string Path, string Sha256)> files) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(List(files))));

    /// <summary>The lines that are hashed, as <c>sha256sum -c</c> reads them.</summary>
    public static string List(IEnumerable<(string Path, string Sha256)> files)
    {
        var lines = new StringBuilder();
        foreach (var (path, sha256) in files.OrderBy(file => Encoding.UTF8.GetBytes(file.Path), ByteOrder.Instance)) lines.Append(sha256).Append("  ").Append(path).Append('\n');
        return lines.ToString();
    }

    sealed class ByteOrder : IComparer<byte[]>
    {
        public static readonly ByteOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

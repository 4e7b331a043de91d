using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace ModelZoo.Git;

/// <summary>The small text that stands in a tree for a large file (Git LFS specification, version 1).</summary>
public sealed record LfsPointer(Digest Digest, long SizeBytes)
{
    /// <summary>Larger blobs are never pointers (git-lfs docs/spec.md).</summary>
    public const int MaxBytes = 1024;

    const string Version = "version https://git-lfs.github.com/spec/v1";

    /// <summary>True for the lines version, oid and size, each ended by a line feed, with "ext-…" lines allowed before oid.</summary>
    public static bool TryParse(ReadOnlySpan<byte> content, [NotNullWhen(true)] out LfsPointer? parsed)
    {
        parsed = null;
        if (content.Length > MaxBytes || !content.StartsWith("version "u8) || content[^1] != '\n') return false;
        var lines = Encoding.Latin1.GetString(content[..^1]).Split('\n').Where(line => !line.StartsWith("ext-", StringComparison.Ordinal)).ToArray();
        if (lines.Length != 3 || lines[0] != Version) return false;
        if (!lines[1].StartsWith("oid sha256:", StringComparison.Ordinal) || !lines[2].StartsWith("size ", StringComparison.Ordinal)) return false;
        var size = lines[2].AsSpan("size ".Length);
        if (!Digest.TryParse(lines[1]["oid sha256:".Length..], out var digest)) return false;
        if (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var sizeBytes) || (size[0] == '0' && size.Length > 1)) return false;
        parsed = new(digest, sizeBytes);
        return true;
    }

    /// <summary>The canonical form; git-lfs writes the same bytes.</summary>
    public byte[] Encode() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Version}\noid sha256:{Digest.Hex}\nsize {SizeBytes}\n"));
}

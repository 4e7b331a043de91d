using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Git;

/// <summary>SHA-256 of a blob's bytes, as 64 lowercase hex digits. Exists only in valid form.</summary>
public sealed record Digest
{
    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    Digest(string hex) => Hex = hex;

    public string Hex { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest = text is { Length: 64 } && !text.AsSpan().ContainsAnyExcept(HexDigits) ? new(text) : null;
        return digest is not null;
    }

    /// <exception cref="FormatException">The text is not 64 lowercase hex digits.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a SHA-256 digest (64 lowercase hex digits).");

    /// <param name="hash">The 32 bytes that SHA-256 computed.</param>
    public static Digest FromHash(ReadOnlySpan<byte> hash) =>
        hash.Length == 32 ? new(Convert.ToHexStringLower(hash)) : throw new ArgumentException("A SHA-256 hash has 32 bytes.", nameof(hash));

    public override string ToString() => Hex;
}

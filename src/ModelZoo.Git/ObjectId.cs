using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Git;

/// <summary>The SHA-1 id that git gives to a blob, tree, commit or tag: 40 lowercase hex digits.</summary>
public sealed record ObjectId
{
    static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The id of the tree that has no entries.</summary>
    public static readonly ObjectId EmptyTree = new("4b825dc642cb6eb9a060e54bf8d69288fbee4904");

    ObjectId(string hex) => Hex = hex;

    public string Hex { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ObjectId? id)
    {
        id = text is { Length: 40 } && !text.AsSpan().ContainsAnyExcept(HexDigits) ? new(text) : null;
        return id is not null;
    }

    /// <exception cref="FormatException">The text is not 40 lowercase hex digits.</exception>
    public static ObjectId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not an object id (40 lowercase hex digits).");

    /// <param name="hash">The 20 bytes that SHA-1 computed.</param>
    public static ObjectId FromHash(ReadOnlySpan<byte> hash) =>
        hash.Length == 20 ? new(Convert.ToHexStringLower(hash)) : throw new ArgumentException("A SHA-1 hash has 20 bytes.", nameof(hash));

    public byte[] ToHash() => Convert.FromHexString(Hex);

    public override string ToString() => Hex;
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ModelZoo.Git;

/// <summary>Hashes an object piece by piece, for content whose length is known before its bytes are.</summary>
public sealed class GitHasher : IDisposable
{
    readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    readonly long _length;
    long _appended;

    /// <param name="length">Bytes of content to come; git hashes the length before the content.</param>
    public GitHasher(ObjectType type, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _length = length;
        Span<byte> header = stackalloc byte[32];
        var written = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type.ToWord()} {length}\0"), header);
        _sha1.AppendData(header[..written]);
    }

    /// <exception cref="InvalidOperationException">More bytes than the declared length.</exception>
    public void Append(ReadOnlySpan<byte> content)
    {
        if (content.Length > _length - _appended) throw new InvalidOperationException($"More than the declared {_length} bytes were hashed.");
        _appended += content.Length;
        _sha1.AppendData(content);
    }

    /// <exception cref="InvalidOperationException">Fewer bytes than the declared length.</exception>
    public ObjectId Finish()
    {
        if (_appended != _length) throw new InvalidOperationException($"Only {_appended} of the declared {_length} bytes were hashed.");
        Span<byte> hash = stackalloc byte[20];
        _sha1.GetHashAndReset(hash);
        return ObjectId.FromHash(hash);
    }

    public void Dispose() => _sha1.Dispose();
}

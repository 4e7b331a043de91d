using System.Buffers;
using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage.Receiving;

/// <summary>SHA-256 of bytes that pass in pieces.</summary>
sealed class SequenceHash : IDisposable
{
    readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Append(ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes) _sha.AppendData(segment.Span);
    }

    public void Append(ReadOnlySpan<byte> bytes) => _sha.AppendData(bytes);

    public Digest Finish()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _sha.GetHashAndReset(hash);
        return Digest.FromHash(hash);
    }

    /// <summary>Refuses (Invalid) when the bytes are not those that the digest names.</summary>
    public void Require(Digest expected)
    {
        var actual = Finish();
        if (actual != expected) throw Refusal.Invalid($"The content's SHA-256 is {actual}, not the announced {expected}.");
    }

    public void Dispose() => _sha.Dispose();
}

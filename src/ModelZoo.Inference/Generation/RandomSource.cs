using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace ModelZoo.Inference.Generation;

/// <summary>
/// Random numbers that a seed and a name determine, on every machine and in every version: xoshiro256** (Blackman and Vigna 2018, arXiv:1805.01407) whose
/// state is the SHA-256 of both. Different names never share numbers, so the order in which samples are drawn does not matter.
/// </summary>
public sealed class RandomSource
{
    readonly ulong[] _state = new ulong[4];

    public RandomSource(long seed, string name)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{name}"));
        for (var i = 0; i < 4; i++) _state[i] = BinaryPrimitives.ReadUInt64LittleEndian(digest.AsSpan(8 * i));
    }

    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_state[1] * 5, 7) * 9;
        var t = _state[1] << 17;
        _state[2] ^= _state[0];
        _state[3] ^= _state[1];
        _state[1] ^= _state[2];
        _state[0] ^= _state[3];
        _state[2] ^= t;
        _state[3] = BitOperations.RotateLeft(_state[3], 45);
        return result;
    }

    /// <summary>From 0 to below 1, in steps of 2⁻⁵³.</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}

using System.Buffers.Binary;
using System.Numerics;

namespace ModelZoo.Xet;

/// <summary>The checksum of LZ4 frames (xxHash specification 0.1.1, XXH32, seed 0).</summary>
static class XxHash32
{
    const uint P1 = 0x9E3779B1, P2 = 0x85EBCA77, P3 = 0xC2B2AE3D, P4 = 0x27D4EB2F, P5 = 0x165667B1;

    public static uint Of(ReadOnlySpan<byte> content)
    {
        var rest = content;
        uint hash;
        if (content.Length >= 16)
        {
            uint a = unchecked(P1 + P2), b = P2, c = 0, d = unchecked(0 - P1);
            for (; rest.Length >= 16; rest = rest[16..])
            {
                a = Round(a, BinaryPrimitives.ReadUInt32LittleEndian(rest));
                b = Round(b, BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]));
                c = Round(c, BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
                d = Round(d, BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]));
            }
            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
        }
        else
        {
            hash = P5;
        }
        hash += (uint)content.Length;
        for (; rest.Length >= 4; rest = rest[4..]) hash = BitOperations.RotateLeft(hash + BinaryPrimitives.ReadUInt32LittleEndian(rest) * P3, 17) * P4;
        foreach (var b in rest) hash = BitOperations.RotateLeft(hash + b * P5, 11) * P1;
        hash = (hash ^ (hash >> 15)) * P2;
        hash = (hash ^ (hash >> 13)) * P3;
        return hash ^ (hash >> 16);
    }

    static uint Round(uint lane, uint word) => BitOperations.RotateLeft(lane + word * P2, 13) * P1;
}

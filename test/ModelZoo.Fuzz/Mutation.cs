using System.Buffers.Binary;

namespace ModelZoo.Fuzz;

/// <summary>Small changes to bytes: what finds most bugs in parsers is a wrong length, a repeated piece, or a bit.</summary>
static class Mutation
{
    const int MaxBytes = 64 * 1024;

    static readonly long[] s_numbers = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1024, 32767, 32768, 65535, 65536, int.MaxValue, uint.MaxValue, long.MaxValue, -1, -2];

    public static byte[] Of(byte[] input, IReadOnlyList<byte[]> corpus, Random random)
    {
        var bytes = new List<byte>(input);
        for (var rounds = 1 << random.Next(4); rounds > 0; rounds--) Change(bytes, corpus, random);
        if (bytes.Count > MaxBytes) bytes.RemoveRange(MaxBytes, bytes.Count - MaxBytes);
        return [.. bytes];
    }

    static void Change(List<byte> bytes, IReadOnlyList<byte[]> corpus, Random random)
    {
        if (bytes.Count == 0) bytes.Add((byte)random.Next(256));
        var at = random.Next(bytes.Count);
        var length = Math.Min(bytes.Count - at, 1 + random.Next(1 << random.Next(1, 9)));
        switch (random.Next(11))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes[at] += (byte)random.Next(-4, 5); break;
            case 3: bytes.RemoveRange(at, length); break;
            case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 5: bytes.RemoveRange(at, bytes.Count - at); break;
            case 6: bytes.InsertRange(at, Enumerable.Range(0, random.Next(1, 16)).Select(_ => (byte)random.Next(256))); break;
            case 7: Number(bytes, at, random); break;
            case 8:
                var other = corpus[random.Next(corpus.Count)];
                if (other.Length == 0) break;
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 200))]);
                break;
            case 9:
                var target = random.Next(bytes.Count - length + 1);
                var piece = bytes.GetRange(at, length);
                for (var i = 0; i < length; i++) bytes[target + i] = piece[i];
                break;
            default: bytes[at] = (byte)"0123456789abcdef \n\0"[random.Next(19)]; break;
        }
    }

    static void Number(List<byte> bytes, int at, Random random)
    {
        Span<byte> number = stackalloc byte[8];
        var value = s_numbers[random.Next(s_numbers.Length)];
        var width = 1 << random.Next(4);
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(number, value);
        else BinaryPrimitives.WriteInt64BigEndian(number, value << (64 - 8 * width));
        for (var i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }
}

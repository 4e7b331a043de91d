using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class Blake3Tests
{
    /// <summary>The key of the official vectors.</summary>
    static readonly byte[] s_key = "whats the Elvish word for friend"u8.ToArray();

    [Fact]
    public void The_official_vectors_hold()
    {
        foreach (var row in Published.Rows("blake3.txt"))
        {
            var input = Input(int.Parse(row[0], CultureInfo.InvariantCulture));
            Assert.Equal(row[1], Hex(Blake3.Hash(input)));
            Assert.Equal(row[2], Hex(Blake3.KeyedHash(s_key, input)));
            var hasher = new Blake3Hasher(s_key);
            hasher.Append(input);
            Assert.Equal(row[2], Hex(hasher.Finish()));
            hasher.Append(input);
            Assert.Equal(row[2], Hex(hasher.Finish()));
        }
    }

    [Fact]
    public void A_key_has_thirty_two_bytes() => Assert.Throws<ArgumentException>(() => Blake3.KeyedHash(new byte[31], []));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    public void Every_width_gives_the_same_however_the_content_is_split(int width)
    {
        var content = Input(700_000);
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(
            Gen.Choose(0, content.Length).ToArbitrary(), Gen.Choose(1, 200_000).ToArbitrary(), (length, step) =>
            {
                var expected = Blake3.Hash(content.AsSpan(0, length), Blake3Core.Iv, 0, Blake3Width.One);
                var hasher = new Blake3Hasher(Blake3Core.Iv, 0, (Blake3Width)width);
                for (var at = 0; at < length; at += step) hasher.Append(content.AsSpan(at, Math.Min(step, length - at)));
                return hasher.Finish() == expected && Blake3.Hash(content.AsSpan(0, length), Blake3Core.Iv, 0, (Blake3Width)width) == expected;
            }));
    }

    static byte[] Input(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];

    static string Hex(XetHash hash) => Convert.ToHexStringLower(hash.ToBytes());
}

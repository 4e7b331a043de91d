using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class Blake3Tests
{
    /// <summary>The key of the official vectors.</summary>
    static readonly byte[] s_key = "whats the Elvish word for friend"u8.ToArray();

    public static TheoryData<int, string, string> Official() => new()
    {
        { 0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262", "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26" },
        { 1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213", "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b" },
    };

    [Theory]
    [MemberData(nameof(Official))]
    public void Official_vectors(int length, string plain, string keyed)
    {
        Assert.Equal(plain, Hex(Blake3.Hash(Input(length))));
        Assert.Equal(keyed, Hex(Blake3.KeyedHash(s_key, Input(length))));
    }

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

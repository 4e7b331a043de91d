using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class ByteGroupsTests
{
    [Fact]
    public void Bytes_are_grouped_by_their_position_modulo_four_and_back()
    {
        var content = Made.Random(5000, 3);
        for (var length = 0; length < content.Length; length += length < 400 ? 1 : 97)
        {
            var groups = new byte[length];
            ByteGroups.Split(content.AsSpan(0, length), groups);
            Assert.Equal(Enumerable.Range(0, 4).SelectMany(group => content[..length].Where((_, i) => i % 4 == group)), groups);
            var back = new byte[length];
            ByteGroups.Join(groups, back);
            Assert.Equal(content[..length], back);
        }
    }
}

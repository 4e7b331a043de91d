using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Tests.Storage;

public sealed class BlockMemoryPoolTests
{
    [Fact]
    public void Blocks_are_used_again_and_a_bounded_number_is_kept()
    {
        var blocks = new BlockMemoryPool();
        using var pool = blocks.Create();
        var first = pool.Rent();
        Assert.Equal(BlockMemoryPool.BlockBytes, first.Memory.Length);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, blocks.FreeBlocks);
        Assert.Same(first, blocks.Create().Rent(100));

        var many = Enumerable.Range(0, BlockMemoryPool.MaxFreeBlocks + 50).Select(_ => pool.Rent()).ToList();
        Assert.Equal(many.Count, many.Distinct().Count());
        many.ForEach(block => block.Dispose());
        Assert.Equal(BlockMemoryPool.MaxFreeBlocks, blocks.FreeBlocks);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockMemoryPool.BlockBytes + 1));
    }
}

using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace ModelZoo.Hub.Storage.Receiving;

/// <summary>
/// Memory for the web server's sockets in blocks of 64 KiB instead of 4: reading a large upload in 4 KiB blocks costs more CPU
/// than hashing it. Blocks are pinned for their life; free ones are kept up to a bound that all pools share.
/// </summary>
sealed class BlockMemoryPool : IMemoryPoolFactory<byte>
{
    public const int BlockBytes = 64 * 1024;

    /// <summary>32 MiB of free blocks, half of what 16 uploads at full speed hold.</summary>
    public const int MaxFreeBlocks = 512;

    readonly ConcurrentQueue<Block> _free = new();
    int _freeCount;

    public int FreeBlocks => Volatile.Read(ref _freeCount);

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(this);

    Block Take()
    {
        if (!_free.TryDequeue(out var block)) block = new(this);
        else Interlocked.Decrement(ref _freeCount);
        block.Rent();
        return block;
    }

    void Keep(Block block)
    {
        if (Interlocked.Increment(ref _freeCount) <= MaxFreeBlocks) _free.Enqueue(block);
        else Interlocked.Decrement(ref _freeCount);
    }

    sealed class Pool(BlockMemoryPool blocks) : MemoryPool<byte>
    {
        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) =>
            minBufferSize <= BlockBytes ? blocks.Take() : throw new ArgumentOutOfRangeException(nameof(minBufferSize), minBufferSize, $"A block has {BlockBytes} bytes.");

        /// <summary>Blocks outlive the pool that gave them: sockets may hold some until they are closed.</summary>
        protected override void Dispose(bool disposing) { }
    }

    sealed class Block(BlockMemoryPool home) : IMemoryOwner<byte>
    {
        readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
        int _rented;

        public Memory<byte> Memory => System.Runtime.InteropServices.MemoryMarshal.CreateFromPinnedArray(_bytes, 0, BlockBytes);

        public void Rent() => Volatile.Write(ref _rented, 1);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _rented, 0) == 1) home.Keep(this);
        }
    }
}

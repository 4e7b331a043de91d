using System.Buffers;
using System.Runtime.InteropServices;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>Address space that nobody may touch (PROT_NONE) and that costs no memory: only its length matters.</summary>
sealed unsafe partial class PhantomMemory(int length) : MemoryManager<byte>
{
    // MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    readonly byte* _start = Map(null, (nuint)length, 0, 0x02 | 0x20 | 0x4000, -1, 0);

    public override Memory<byte> Memory => CreateMemory(length);

    public override Span<byte> GetSpan() => new(_start, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin() { }

    protected override void Dispose(bool disposing) { }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(void* address, nuint length, int protection, int flags, int file, nint offset);
}

using System.Runtime.InteropServices;
using System.Text;

namespace ModelZoo.Inference.Runtime;

/// <summary>Names as C wants them: an array of pointers to UTF-8 texts that end in zero, in memory that stays where it is.</summary>
sealed unsafe class NativeNames : IDisposable
{
    byte** _names;

    public NativeNames(IReadOnlyList<string> names)
    {
        _names = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, names.Count), (nuint)sizeof(byte*));
        Count = names.Count;
        for (var i = 0; i < names.Count; i++)
        {
            var bytes = Encoding.UTF8.GetByteCount(names[i]);
            _names[i] = (byte*)NativeMemory.Alloc((nuint)bytes + 1);
            Encoding.UTF8.GetBytes(names[i], new Span<byte>(_names[i], bytes));
            _names[i][bytes] = 0;
        }
    }

    ~NativeNames() => Free();

    public int Count { get; }

    public nint Pointer => (nint)_names;

    public nint this[int index] => (nint)_names[index];

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        if (_names is null) return;
        for (var i = 0; i < Count; i++) NativeMemory.Free(_names[i]);
        NativeMemory.Free(_names);
        _names = null;
    }
}

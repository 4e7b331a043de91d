using System.Runtime.InteropServices;

namespace ModelZoo.Inference.Runtime;

/// <summary>
/// The function table of ONNX Runtime. Slots are appended and never reordered (include/onnxruntime/core/session/onnxruntime_c_api.h), so numbers are
/// names for ever; version 22 has every slot used here. All arguments are pointers, sizes or 32-bit enumerations, which C passes in one machine
/// word each, so calls need only be told apart by their number of arguments.
/// </summary>
sealed unsafe class OrtApi
{
    const uint Version = 22;

    /// <summary>How the arena, the allocator and the runtime of C++ say that there is no more (onnxruntime/core/framework/bfc_arena.cc).</summary>
    static readonly string[] s_outOfMemory = ["smaller than requested bytes", "Failed to allocate memory", "bad_alloc", "ailed to allocate"];

    readonly nint* _table;

    OrtApi(nint* table, string version)
    {
        _table = table;
        LibraryVersion = version;
    }

    public string LibraryVersion { get; }

    public static OrtApi Load(nint library)
    {
        var getBase = (delegate* unmanaged[Cdecl]<nint*>)NativeLibrary.GetExport(library, "OrtGetApiBase");
        var functions = getBase();
        var version = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)functions[1])()) ?? "";
        var table = ((delegate* unmanaged[Cdecl]<uint, nint*>)functions[0])(Version);
        return table is not null ? new(table, version)
            : throw new InferenceException(InferenceFault.NoRuntime, $"ONNX Runtime {version} does not serve version {Version} of its interface; 1.22 or later is needed.");
    }

    public void Release(OrtSlot slot, nint value) => ((delegate* unmanaged[Cdecl]<nint, void>)_table[(int)slot])(value);

    /// <summary>For the few functions that return a pointer and cannot fail.</summary>
    public nint Get(OrtSlot slot) => ((delegate* unmanaged[Cdecl]<nint>)_table[(int)slot])();

    public void Call(OrtSlot slot, nint a) => Check(((delegate* unmanaged[Cdecl]<nint, nint>)_table[(int)slot])(a));

    public void Call(OrtSlot slot, nint a, nint b) => Check(((delegate* unmanaged[Cdecl]<nint, nint, nint>)_table[(int)slot])(a, b));

    public void Call(OrtSlot slot, nint a, nint b, nint c) => Check(((delegate* unmanaged[Cdecl]<nint, nint, nint, nint>)_table[(int)slot])(a, b, c));

    public void Call(OrtSlot slot, nint a, nint b, nint c, nint d) =>
        Check(((delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint>)_table[(int)slot])(a, b, c, d));

    public void Call(OrtSlot slot, nint a, nint b, nint c, nint d, nint e) =>
        Check(((delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, nint>)_table[(int)slot])(a, b, c, d, e));

    public void Call(OrtSlot slot, nint a, nint b, nint c, nint d, nint e, nint f, nint g) =>
        Check(((delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, nint, nint, nint>)_table[(int)slot])(a, b, c, d, e, f, g));

    public void Call(OrtSlot slot, nint a, nint b, nint c, nint d, nint e, nint f, nint g, nint h) =>
        Check(((delegate* unmanaged[Cdecl]<nint, nint, nint, nint, nint, nint, nint, nint, nint>)_table[(int)slot])(a, b, c, d, e, f, g, h));

    /// <summary>Calls a function whose last argument is where a pointer or number goes, and returns that.</summary>
    public nint Ask(OrtSlot slot)
    {
        nint answer = 0;
        Call(slot, (nint)(&answer));
        return answer;
    }

    public nint Ask(OrtSlot slot, nint a)
    {
        nint answer = 0;
        Call(slot, a, (nint)(&answer));
        return answer;
    }

    public nint Ask(OrtSlot slot, nint a, nint b)
    {
        nint answer = 0;
        Call(slot, a, b, (nint)(&answer));
        return answer;
    }

    public nint Ask(OrtSlot slot, nint a, nint b, nint c, nint d)
    {
        nint answer = 0;
        Call(slot, a, b, c, d, (nint)(&answer));
        return answer;
    }

    public nint Ask(OrtSlot slot, nint a, nint b, nint c)
    {
        nint answer = 0;
        Call(slot, a, b, c, (nint)(&answer));
        return answer;
    }

    void Check(nint status)
    {
        if (status == 0) return;
        var code = ((delegate* unmanaged[Cdecl]<nint, int>)_table[(int)OrtSlot.GetErrorCode])(status);
        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint, nint>)_table[(int)OrtSlot.GetErrorMessage])(status)) ?? "";
        Release(OrtSlot.ReleaseStatus, status);
        throw new InferenceException(FaultOf(code, message), $"ONNX Runtime: {message.Trim()}");
    }

    /// <summary>Codes: 2 invalid argument, 3 no such file, 4 no model, 7 invalid protobuf, 9 not implemented, 10 invalid graph (enum OrtErrorCode).</summary>
    static InferenceFault FaultOf(int code, string message) => code switch
    {
        2 => InferenceFault.Input,
        3 or 4 or 7 or 9 or 10 => InferenceFault.Model,
        _ when s_outOfMemory.Any(words => message.Contains(words, StringComparison.Ordinal)) => InferenceFault.Limit,
        _ => InferenceFault.Execution,
    };
}

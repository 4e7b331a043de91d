using System.Runtime.InteropServices;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>
/// A seccomp filter for the calling thread and what it becomes: no sockets unless wanted, no look into other processes, none of the calls through which
/// kernels were broken and that running a model does not need. Refused calls answer EACCES. Numbers from the kernel's tables for x86-64 and arm64.
/// </summary>
static partial class CallFilter
{
    const uint Allow = 0x7fff0000, Refuse = 0x00050000 | 13 /* EACCES */, KillProcess = 0x80000000;
    const uint X32 = 0x40000000;
    const ushort Load = 0x20, JumpEqual = 0x15, JumpGreaterOrEqual = 0x35, Return = 0x06;

    /// <summary>socket; ptrace, process_vm_readv, process_vm_writev, io_uring_setup, bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl, mount, unshare, setns.</summary>
    static readonly uint[] s_x64 = [41, 101, 310, 311, 425, 321, 298, 323, 248, 249, 250, 165, 272, 308];

    static readonly uint[] s_arm64 = [198, 117, 270, 271, 425, 280, 241, 282, 217, 218, 219, 40, 97, 268];

    public static unsafe bool TryInstall(bool network)
    {
        var (architecture, calls) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (0xC000003Eu, s_x64),
            Architecture.Arm64 => (0xC00000B7u, s_arm64),
            _ => (0u, []),
        };
        if (calls.Length == 0) return false;
        var refused = network ? calls[1..] : calls;
        var filter = new List<Instruction>
        {
            new(Load, 0, 0, 4),                                   // the architecture of the call
            new(JumpEqual, 1, 0, architecture),
            new(Return, 0, 0, KillProcess),
            new(Load, 0, 0, 0),                                   // its number
            new(JumpGreaterOrEqual, (byte)(refused.Length + 1), 0, X32),
        };
        for (var i = 0; i < refused.Length; i++) filter.Add(new(JumpEqual, (byte)(refused.Length - i), 0, refused[i]));
        filter.Add(new(Return, 0, 0, Allow));
        filter.Add(new(Return, 0, 0, Refuse));
        fixed (Instruction* instructions = CollectionsMarshal.AsSpan(filter))
        {
            var program = new Program { Length = (ushort)filter.Count, Instructions = instructions };
            return Control(22 /* PR_SET_SECCOMP */, 2 /* SECCOMP_MODE_FILTER */, (nint)(&program), 0, 0) == 0;
        }
    }

    readonly struct Instruction(ushort code, byte whenTrue, byte whenFalse, uint value)
    {
        public readonly ushort Code = code;
        public readonly byte WhenTrue = whenTrue;
        public readonly byte WhenFalse = whenFalse;
        public readonly uint Value = value;
    }

    unsafe struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nint a, nint b, nint c, nint d);
}

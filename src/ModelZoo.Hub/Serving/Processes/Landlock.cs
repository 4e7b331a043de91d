using System.Runtime.InteropServices;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>
/// Hides the file system from the calling thread and what it becomes, but for named folders, and forbids TCP and signals to others. Linux 5.13 and later;
/// numbers from include/uapi/linux/landlock.h of Linux 6.18.
/// </summary>
static partial class Landlock
{
    const long CreateRuleset = 444, AddRule = 445, RestrictSelf = 446;

    const ulong Execute = 1 << 0, WriteFile = 1 << 1, ReadFile = 1 << 2, ReadDir = 1 << 3, RemoveDir = 1 << 4, RemoveFile = 1 << 5, MakeChar = 1 << 6,
        MakeDir = 1 << 7, MakeReg = 1 << 8, MakeSock = 1 << 9, MakeFifo = 1 << 10, MakeBlock = 1 << 11, MakeSym = 1 << 12, Refer = 1 << 13, Truncate = 1 << 14, IoctlDev = 1 << 15;

    const ulong OfFiles = Execute | WriteFile | ReadFile | Truncate | IoctlDev;

    /// <summary>What programs need that are no model: the loader, libraries, facts about the machine.</summary>
    static readonly string[] s_system =
        ["/usr", "/lib", "/lib64", "/bin", "/proc", "/sys/fs/cgroup", "/sys/devices/system", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/dev/random", "/dev/zero"];

    /// <summary>What finding and trusting other machines needs.</summary>
    static readonly string[] s_network = ["/etc/ssl", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/run/systemd/resolve", "/etc/ca-certificates"];

    /// <returns>What it is called; null where the kernel has none.</returns>
    public static unsafe string? TryRestrict(IEnumerable<string> readable, IEnumerable<string> writable, bool network)
    {
        var version = Call(CreateRuleset, 0, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */, 0);
        if (version < 1) return null;
        var handled = Execute | WriteFile | ReadFile | ReadDir | RemoveDir | RemoveFile | MakeChar | MakeDir | MakeReg | MakeSock | MakeFifo | MakeBlock | MakeSym;
        if (version >= 2) handled |= Refer;
        if (version >= 3) handled |= Truncate;
        if (version >= 5) handled |= IoctlDev;
        // Files; from version 4 bind and connect of TCP; from version 6 abstract sockets and signals.
        var attributes = stackalloc ulong[3] { handled, version >= 4 && !network ? 3UL : 0, version >= 6 ? 3UL : 0 };
        var rules = Call(CreateRuleset, (nint)attributes, version >= 6 ? 24 : version >= 4 ? 16 : 8, 0, 0);
        if (rules < 0) return null;
        try
        {
            foreach (var path in readable.Concat(s_system).Concat(network ? s_network : [])) Allow(rules, path, handled & (Execute | ReadFile | ReadDir));
            foreach (var path in writable) Allow(rules, path, handled & ~(Execute | MakeChar | MakeBlock | IoctlDev));
            Allow(rules, "/dev/null", ReadFile | WriteFile);
            return Call(RestrictSelf, rules, 0, 0, 0) == 0 ? $"Landlock {version}" : null;
        }
        finally
        {
            _ = Close((int)rules);
        }
    }

    static unsafe void Allow(nint rules, string path, ulong access)
    {
        var isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path)) return;
        var opened = Open(path, 0x200000 | 0x80000 /* O_PATH | O_CLOEXEC */);
        if (opened < 0) return;
        // struct landlock_path_beneath_attr is packed: 8 bytes, then 4.
        var rule = stackalloc byte[12];
        *(ulong*)rule = isFolder ? access : access & OfFiles;
        *(int*)(rule + 8) = opened;
        _ = Call(AddRule, rules, 1 /* LANDLOCK_RULE_PATH_BENEATH */, (nint)rule, 0);
        _ = Close(opened);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(long number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}

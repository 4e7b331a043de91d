using System.Runtime.InteropServices;

namespace ModelZoo.Inference.Runtime;

/// <summary>The native library: where it lies, what it is, and the one environment that every session of the process shares.</summary>
public static class OnnxRuntime
{
    /// <summary>SHA-256 of the libraries that native/fetch installs; the cache has a folder for each.</summary>
    static readonly Dictionary<Architecture, string> s_pinned = new()
    {
        [Architecture.X64] = "ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23",
        [Architecture.Arm64] = "1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76",
    };

    const string FileName = "libonnxruntime.so.1";

    static readonly Lazy<Loaded> s_loaded = new(Load);
    static readonly Lock s_gate = new();
    static long? s_arenaLimit;

    /// <summary>Why models cannot run here; null when they can.</summary>
    public static string? Missing => s_loaded.Value.Missing;

    public static bool IsPresent => Missing is null;

    /// <summary>Version of the library, such as <c>1.30.0</c>.</summary>
    public static string Version => Api.LibraryVersion;

    /// <summary>What computed a result, to be recorded with it: version and build.</summary>
    public static string Engine => s_loaded.Value.Engine ?? throw NoRuntime();

    internal static OrtApi Api => s_loaded.Value.Api ?? throw NoRuntime();

    internal static nint Environment => s_loaded.Value.Environment;

    /// <summary>Describes ordinary memory of the processor; lives as long as the process.</summary>
    internal static nint CpuMemory => s_loaded.Value.CpuMemory;

    internal static nint Allocator => s_loaded.Value.Allocator;

    /// <summary>
    /// Gives all sessions with <see cref="SessionSettings.UsesSharedArena"/> one memory arena of at most this size: a run that needs more fails with
    /// <see cref="InferenceFault.Limit"/> instead of taking the machine down. Once for the process, before the first such session.
    /// </summary>
    public static unsafe void LimitSharedArena(long limitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limitBytes);
        lock (s_gate)
        {
            if (s_arenaLimit == limitBytes) return;
            if (s_arenaLimit is not null) throw new InvalidOperationException("The shared arena has a limit already; it holds for the life of the process.");
            // Grow by what is asked for and no more; powers of two would reach the limit early.
            using var names = new NativeNames(["max_mem", "arena_extend_strategy"]);
            var values = stackalloc nuint[] { (nuint)limitBytes, 1 };
            var arena = Api.Ask(OrtSlot.CreateArenaCfgV2, names.Pointer, (nint)values, 2);
            try
            {
                Api.Call(OrtSlot.CreateAndRegisterAllocator, Environment, CpuMemory, arena);
            }
            finally
            {
                Api.Release(OrtSlot.ReleaseArenaCfg, arena);
            }
            s_arenaLimit = limitBytes;
        }
    }

    internal static bool HasSharedArena => s_arenaLimit is not null;

    static unsafe Loaded Load()
    {
        if (Find(out var library) is { } missing) return new() { Missing = missing };
        try
        {
            var api = OrtApi.Load(library);
            nint environment = 0, memory = 0, allocator = 0;
            var name = Marshal.StringToCoTaskMemUTF8("modelzoo");   // the environment keeps it
            // Level 4 is fatal: errors arrive as exceptions and need no second voice on standard error.
            api.Call(OrtSlot.CreateEnv, 4, name, (nint)(&environment));
            api.Call(OrtSlot.CreateCpuMemoryInfo, 0, 0, (nint)(&memory));
            api.Call(OrtSlot.GetAllocatorWithDefaultOptions, (nint)(&allocator));
            var build = Marshal.PtrToStringUTF8(api.Get(OrtSlot.GetBuildInfoString));
            return new() { Api = api, Environment = environment, CpuMemory = memory, Allocator = allocator, Engine = $"onnxruntime {api.LibraryVersion} ({build})" };
        }
        catch (Exception e) when (e is EntryPointNotFoundException or InferenceException)
        {
            return new() { Missing = e.Message };
        }
    }

    /// <summary>Null when the library was opened.</summary>
    static string? Find(out nint library)
    {
        library = 0;
        if (System.Environment.GetEnvironmentVariable("MODELZOO_ORT_PATH") is { Length: > 0 } named)
            return NativeLibrary.TryLoad(Path.GetFullPath(named), out library) ? null : $"MODELZOO_ORT_PATH names '{named}', which is no library that loads here.";
        foreach (var place in Places())
            if (File.Exists(place) && NativeLibrary.TryLoad(place, out library)) return null;
        return NativeLibrary.TryLoad(FileName, out library) ? null
            : "There is no ONNX Runtime here: run src/ModelZoo.Inference/native/fetch once, or set MODELZOO_ORT_PATH to libonnxruntime.so.1.";
    }

    static IEnumerable<string> Places()
    {
        yield return Path.Combine(AppContext.BaseDirectory, FileName);
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", FileName);
        if (s_pinned.GetValueOrDefault(RuntimeInformation.ProcessArchitecture) is { } digest && FindCache() is { } cache) yield return Path.Combine(cache, digest, FileName);
    }

    /// <summary>Where builds keep the native library; for programs that start others with an environment of their own.</summary>
    public static string? CacheFolder => FindCache();

    static string? FindCache()
    {
        if (Variable("MODELZOO_NATIVE_CACHE") is { } own) return own;
        return Variable("XDG_CACHE_HOME") is { } cache ? Path.Combine(cache, "modelzoo", "native")
            : Variable("HOME") is { } home ? Path.Combine(home, ".cache", "modelzoo", "native") : null;

        static string? Variable(string name) => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }

    static InferenceException NoRuntime() => new(InferenceFault.NoRuntime, Missing!);

    sealed record Loaded
    {
        public OrtApi? Api { get; init; }
        public nint Environment { get; init; }
        public nint CpuMemory { get; init; }
        public nint Allocator { get; init; }
        public string? Engine { get; init; }
        public string? Missing { get; init; }
    }
}

namespace ModelZoo.Conformance.Harness;

/// <summary>Where the built program, the demo zoo and the scripts are. All found from the solution file upwards of the test's own folder.</summary>
static class Locations
{
    public static string Root { get; } = FindRoot();
    public static string Scripts { get; } = Path.Combine(Root, "test", "ModelZoo.Conformance");

    /// <summary>The real program, built in the same configuration as this test.</summary>
    public static string Program { get; } = Environment.GetEnvironmentVariable("MODELZOO_PROGRAM") is { Length: > 0 } program
        ? program
        : Path.Combine(Root, "artifacts", "bin", "ModelZoo.Cli", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\')), "zoo.dll");

    /// <summary>Survives from run to run: installed clients are kept here, never inside the source tree.</summary>
    public static string Cache(string name) => Directory.CreateDirectory(Path.Combine(Root, "artifacts", "conformance", name)).FullName;

    /// <summary>A folder of its own for one run of one scenario; removed with <see cref="Directory.Delete(string, bool)"/> by whoever asked.</summary>
    public static string Scratch(string name) =>
        Directory.CreateTempSubdirectory($"zoo-{name}-").FullName;

    /// <summary>The folder of a demo model, from MODELZOO_DEMO_MODELS or the project's demo folder. Null when it is in neither.</summary>
    public static string? FindDemoModel(string name)
    {
        var roots = new[] { Environment.GetEnvironmentVariable("MODELZOO_DEMO_MODELS"), Path.Combine(Root, "demo") };
        return roots
            .Where(root => !string.IsNullOrEmpty(root) && Directory.Exists(root))
            .SelectMany(root => Directory.EnumerateDirectories(root!, name, SearchOption.AllDirectories))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "config.json")));
    }

    static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "ModelZoo.slnx")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No ModelZoo.slnx above {AppContext.BaseDirectory}.");
    }
}

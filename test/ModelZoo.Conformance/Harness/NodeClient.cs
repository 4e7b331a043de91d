using System.Security.Cryptography;

namespace ModelZoo.Conformance.Harness;

/// <summary>
/// The JavaScript clients, installed once from the lock file into a folder outside the source tree. Nothing is built and no install
/// script runs: everything used comes inside the packages themselves.
/// </summary>
static class NodeClient
{
    static readonly SemaphoreSlim Gate = new(1, 1);

    public static async Task RunAsync(HubProcess hub, string script, Dictionary<string, string?>? environment = null)
    {
        var folder = await InstallAsync();
        await Scenario.RunAsync(hub, "node", [Path.Combine(folder, script)], folder, environment ?? []);
    }

    /// <summary>The folder that the packages of test/ModelZoo.Conformance/{project} are installed in; scripts anywhere below it find them.</summary>
    public static async Task<string> InstallAsync(string project = "js")
    {
        if (!await ClientProcess.WorksAsync("node", ["--version"]) || !await ClientProcess.WorksAsync("npm", ["--version"]))
            Missing.Skip("The JavaScript clients were NOT tested: install Node 20 or later, with npm.");
        var source = Path.Combine(Locations.Scripts, project);
        var folder = Locations.Cache(project);
        await Gate.WaitAsync();
        try
        {
            using var other = await LockAsync(Path.Combine(folder, ".lock"));
            foreach (var file in Directory.EnumerateFiles(source))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);

            var stamp = Path.Combine(folder, ".installed");
            var wanted = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"))));
            if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
                return folder;

            var installed = await ClientProcess.RunAsync(
                // llama.cpp's optional packages are its builds for GPUs and other systems: hundreds of megabytes, not all of them in every registry, so that the lock
                // file may lack some and `npm ci` would refuse it.
                "npm", [.. project == "llama" ? (string[])["install", "--omit=optional"] : ["ci"], "--ignore-scripts", "--no-audit", "--no-fund"], folder, new Dictionary<string, string?>(), TimeSpan.FromMinutes(5));
            if (installed.ExitCode != 0)
                Missing.Skip($"The JavaScript clients were NOT tested: `npm ci` failed in {folder}.\n{installed.Output}\n{installed.Errors}");
            await File.WriteAllTextAsync(stamp, wanted);
            return folder;
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Another test process may be installing at this moment.</summary>
    static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(500);
            }
        }
    }
}

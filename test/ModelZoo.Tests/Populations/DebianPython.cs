using System.Diagnostics;

namespace ModelZoo.Tests.Populations;

/// <summary>Runs scripts with Debian's interpreter, which is the one that has Debian's packages.</summary>
static class DebianPython
{
    public const string Interpreter = "/usr/bin/python3";

    public static async Task RequireTorchAsync()
    {
        if (!File.Exists("/usr/bin/python3") || (await RunAsync("/tmp", "/usr/bin/python3", ("", ""), "-c", "import torch, numpy")).Code != 0)
            Assert.Skip("The scripts for PyTorch were NOT run: apt-get install python3-torch python3-numpy.");
    }

    public static async Task<(int Code, string Output)> RunAsync(string folder, string program, params object[] rest)
    {
        var start = new ProcessStartInfo(program.StartsWith("./", StringComparison.Ordinal) ? Path.Combine(folder, program) : program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // Debian's interpreter is the one that has Debian's packages.
        start.Environment["PATH"] = $"/usr/bin:{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var each in rest)
            if (each is not ValueTuple<string, string> setting) start.ArgumentList.Add((string)each);
            else if (setting.Item1.Length > 0) start.Environment[setting.Item1] = setting.Item2;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}

using System.Diagnostics;

namespace ModelZoo.Conformance.Harness;

/// <summary>What a finished program left behind.</summary>
sealed record Finished(int ExitCode, string Output, string Errors);

/// <summary>Runs a client program to its end, with a limit, and takes its children with it when the limit is passed.</summary>
static class ClientProcess
{
    public static async Task<Finished> RunAsync(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?> environment, TimeSpan limit)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // The hub is on this machine: a proxy meant for the outside must not see these calls.
        start.Environment["NO_PROXY"] = start.Environment["no_proxy"] = "127.0.0.1,localhost";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var timer = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new(-1, await output, $"{await errors}\n{program} did not end within {limit.TotalSeconds} s.");
        }
        return new(process.ExitCode, await output, await errors);
    }

    /// <summary>True when the program can be started at all and ends well.</summary>
    public static async Task<bool> WorksAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        try
        {
            var finished = await RunAsync(program, arguments, Path.GetTempPath(), environment ?? new Dictionary<string, string?>(), TimeSpan.FromSeconds(60));
            return finished.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;   // no such program
        }
    }
}

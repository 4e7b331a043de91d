using System.Diagnostics;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Mirrors;

/// <summary>
/// Starts the git program on mirrors of this node. It sees no configuration but the mirror's own, no environment but what is set
/// here, and no argument that a client chose.
/// </summary>
sealed class GitProgram(HubOptions options)
{
    bool? _present;

    public bool IsPresent => _present ??= Find();

    /// <exception cref="Refusal">git is not installed on this node.</exception>
    public void Require()
    {
        if (!IsPresent)
            throw new Refusal(RefusalKind.Unavailable,
                "Cloning and fetching with git needs the git program, which is not installed where this hub runs. Pushing works, and so do downloads over HTTP.");
    }

    /// <param name="protocol">The value of Git-Protocol, checked by the caller; null for none.</param>
    public Process Start(string folder, string? protocol, params string[] arguments)
    {
        var start = new ProcessStartInfo(options.Git.Program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        var path = start.Environment.TryGetValue("PATH", out var found) ? found : null;
        start.Environment.Clear();
        if (path is not null) start.Environment["PATH"] = path;
        start.Environment["HOME"] = folder;
        start.Environment["XDG_CONFIG_HOME"] = folder;
        start.Environment["LC_ALL"] = "C";
        start.Environment["GIT_DIR"] = folder;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = OperatingSystem.IsWindows() ? "NUL" : "/dev/null";
        start.Environment["GIT_ATTR_NOSYSTEM"] = "1";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        // The folder may belong to the account under which the hub ran before (CVE-2022-24765 made git ask).
        start.Environment["GIT_CONFIG_COUNT"] = "1";
        start.Environment["GIT_CONFIG_KEY_0"] = "safe.directory";
        start.Environment["GIT_CONFIG_VALUE_0"] = "*";
        if (protocol is not null) start.Environment["GIT_PROTOCOL"] = protocol;
        return Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
    }

    /// <summary>Runs git to its end and returns what it said; its errors become an exception.</summary>
    public async Task<string> RunAsync(string folder, string input, CancellationToken stop, params string[] arguments)
    {
        using var process = Start(folder, null, arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(stop);
            var errors = process.StandardError.ReadToEndAsync(stop);
            await process.StandardInput.WriteAsync(input.AsMemory(), stop);
            process.StandardInput.Close();
            var text = await output;
            await process.WaitForExitAsync(stop);
            return process.ExitCode == 0 ? text : throw new GitFailedException($"git {arguments[0]} ended with {process.ExitCode}: {await errors}");
        }
        catch
        {
            Kill(process);
            throw;
        }
    }

    public static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    bool Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(options.Git.Program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>git ended with an error.</summary>
sealed class GitFailedException(string message) : Exception(message);

using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace ModelZoo.Evaluation.Harness;

/// <summary>
/// Runs programs that models write, each in a process of its own: without network and in a user and process namespace of its own where the system allows
/// (<c>unshare</c>), with limits on memory, processor time, files and processes (<c>prlimit</c>), in an empty folder, with an empty environment. Off unless
/// somebody turns it on: it bounds what a careless program can do, and is no wall against one that is made to break out.
/// </summary>
/// <param name="MemoryBytes">Address space of one program.</param>
/// <param name="AllowsNetwork">Go on where the system gives no namespace without network. Else programs are not run there.</param>
public sealed record ProgramSandbox(long MemoryBytes = 1L << 30, bool AllowsNetwork = false, string Python = "/usr/bin/python3")
{
    static readonly string[] s_unshare = ["--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

    static readonly Lazy<bool> s_isolates = new(() => Run("unshare", [.. s_unshare, "true"]));

    /// <summary>The system gives namespaces without network.</summary>
    public static bool Isolates => s_isolates.Value;

    /// <summary>True when the program ends by itself, in time, without an error.</summary>
    public async Task<bool> PassesAsync(string program, TimeSpan time, CancellationToken stop)
    {
        if (!OperatingSystem.IsLinux()) throw new EvaluationException("Programs are run on Linux only.");
        if (!File.Exists(Python)) throw new EvaluationException($"Programs cannot be run: there is no {Python}.");
        if (!Isolates && !AllowsNetwork) throw new EvaluationException("Programs are not run: this system gives no namespace without network (unshare).");
        var folder = Directory.CreateTempSubdirectory("zoo-program-");
        try
        {
            var file = Path.Combine(folder.FullName, "program.py");
            await File.WriteAllTextAsync(file, program, stop);
            var seconds = (int)Math.Ceiling(time.TotalSeconds);
            List<string> command =
            [
                .. Isolates ? ["unshare", .. s_unshare] : Array.Empty<string>(), "prlimit",
                string.Create(CultureInfo.InvariantCulture, $"--as={MemoryBytes}"), $"--cpu={seconds}", "--fsize=16777216", "--nofile=64", "--nproc=64", "--core=0", Python, "-I", file,
            ];
            using var process = Start(command[0], command[1..], folder.FullName);
            using var timed = CancellationTokenSource.CreateLinkedTokenSource(stop);
            timed.CancelAfter(time);
            // What it prints is read and forgotten: a full pipe would stop it.
            var output = Task.WhenAll(process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, timed.Token), process.StandardError.BaseStream.CopyToAsync(Stream.Null, timed.Token));
            process.StandardInput.Close();
            try
            {
                await process.WaitForExitAsync(timed.Token);
                await output;
                return process.ExitCode == 0;
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                stop.ThrowIfCancellationRequested();
                return false;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static Process Start(string name, IReadOnlyList<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["HOME"] = folder;
        return Process.Start(start)!;
    }

    static bool Run(string name, IReadOnlyList<string> arguments)
    {
        try
        {
            using var process = Start(name, arguments, "/");
            process.WaitForExit(5000);
            return process.HasExited && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

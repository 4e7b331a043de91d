using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ModelZoo.Learning.External;

/// <summary>One run of a trainer's command on this machine. What it prints goes to files in the member's folder, of which the last is kept.</summary>
sealed class TrainerProcess : IDisposable
{
    /// <summary>Of each output in a file; a trainer that prints more has said enough.</summary>
    const int MaxLogBytes = 16 << 20;
    const string Running = "running";

    readonly Process _process;
    readonly Task _pumps;

    TrainerProcess(Process process, string folder)
    {
        _process = process;
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput, Path.Combine(folder, WorkLayout.Output)), PumpAsync(process.StandardError, Path.Combine(folder, WorkLayout.Errors)));
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>Runs the command by the system's shell in the member's folder, with the folder as its argument: at <c>{}</c>, or at the end.</summary>
    public static TrainerProcess Start(string command, string folder, IReadOnlyDictionary<string, string> environment)
    {
        EndStray(folder);
        var start = new ProcessStartInfo { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (OperatingSystem.IsWindows())
        {
            (start.FileName, start.Arguments) = ("cmd.exe", $"/d /s /c \"{(command.Contains("{}", StringComparison.Ordinal) ? command.Replace("{}", $"\"{folder}\"", StringComparison.Ordinal) : $"{command} \"{folder}\"")}\"");
        }
        else
        {
            start.FileName = "/bin/sh";
            foreach (var argument in (string[])["-c", ShellLine(command), "zoo-trainer", folder]) start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new TrainerException("The trainer's command could not be started.");
        process.StandardInput.Close();
        File.WriteAllText(Path.Combine(folder, Running), string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime.Ticks}"));
        return new(process, folder);
    }

    /// <summary>The command as a line of shell that gets the folder as its first argument. The folder itself never becomes text of the line.</summary>
    internal static string ShellLine(string command) => command.Contains("{}", StringComparison.Ordinal) ? command.Replace("{}", "\"$1\"", StringComparison.Ordinal) : $"{command} \"$1\"";

    /// <summary>A trainer that outlived a killed parent would write into the same folder as the next.</summary>
    static void EndStray(string folder)
    {
        var file = Path.Combine(folder, Running);
        if (!File.Exists(file) || File.ReadAllText(file).Split(' ') is not [var id, var ticks] || !int.TryParse(id, out var number)) return;
        try
        {
            using var stray = Process.GetProcessById(number);
            if (stray.StartTime.Ticks.ToString(CultureInfo.InvariantCulture) == ticks) stray.Kill(entireProcessTree: true);
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        // A child that was left behind may hold the pipes open for ever.
        await Task.WhenAny(_pumps, Task.Delay(TimeSpan.FromSeconds(5)));
        return _process.ExitCode;
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>The last of what the command wrote to its standard error; null when it wrote nothing.</summary>
    public static string? ErrorTail(string folder)
    {
        const int most = 4096;
        var file = new FileInfo(Path.Combine(folder, WorkLayout.Errors));
        if (!file.Exists || file.Length == 0) return null;
        using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = Math.Max(0, file.Length - most);
        var bytes = new byte[most];
        var text = Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, most, throwOnEndOfStream: false)).Trim();
        return text.Length > 0 ? text : null;
    }

    static async Task PumpAsync(StreamReader from, string path)
    {
        await using var log = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        var buffer = new char[4096];
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
        {
            if (log.Length > MaxLogBytes) log.SetLength(0);
            await log.WriteAsync(Encoding.UTF8.GetBytes(buffer, 0, read));
            await log.FlushAsync();
        }
    }

    public void Dispose()
    {
        _process.Dispose();
    }
}

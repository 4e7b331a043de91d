using System.Diagnostics;

namespace ModelZoo.Bench;

/// <summary>A server under measurement, and what the kernel knows about it.</summary>
sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>sysconf(_SC_CLK_TCK), 100 on every Linux this runs on.</summary>
    const double TicksPerSecond = 100;

    readonly Process _process;

    ServerProcess(Process process) => _process = process;

    public static ServerProcess Start(string program, IEnumerable<string> arguments, string log, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var process = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill(process);
        var lines = TextWriter.Synchronized(new StreamWriter(log, append: true) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => lines.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => lines.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process);
    }

    public async Task WaitAsync(string url)
    {
        using var http = new HttpClient();
        for (var attempt = 0; attempt < 600; attempt++)
        {
            if (_process.HasExited) throw new InvalidOperationException($"The server for {url} ended with {_process.ExitCode}.");
            try
            {
                using var answer = await http.GetAsync(url);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        throw new TimeoutException($"{url} did not answer in a minute.");
    }

    /// <summary>User and system time so far, of all threads.</summary>
    public double CpuSeconds()
    {
        var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11]) + long.Parse(fields[12])) / TicksPerSecond;
    }

    /// <summary>A line of /proc/pid/status in bytes: VmHWM, VmRSS, RssAnon.</summary>
    public long StatusBytes(string name) => long.Parse(Machine.Field($"/proc/{_process.Id}/status", name)!.Split(' ')[0]) * 1024;

    /// <summary>When the measurement itself is ended, by a signal or an error, no server stays behind.</summary>
    static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill();
        }
        catch (InvalidOperationException)
        {
            // Disposed: it ended in good order.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var term = Process.Start("kill", ["-TERM", _process.Id.ToString()]);
            await term.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace ModelZoo.Conformance.Harness;

/// <summary>
/// The real program on a free port of this machine, with an empty data folder and one administrator. It can be killed at any
/// moment and started again on the same data and the same port.
/// </summary>
public sealed class HubProcess : IAsyncLifetime
{
    public const string Admin = "ada";
    // Clients insist on "hf_" and at least 30 letters and digits.
    public const string Token = "hf_ConformanceToken0123456789abcdefgh";

    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    readonly ConcurrentQueue<string> _log = new();
    readonly int _port = FreePort();
    Process? _process;

    public HubProcess() => Client = NewClient(Token);

    /// <summary>serve, or worker.</summary>
    public string Verb { get; init; } = "serve";

    public string Url => $"http://127.0.0.1:{_port}";
    public string Data { get; } = Locations.Scratch("data");
    public bool Running => _process is { HasExited: false };

    /// <summary>Options of the hub for this process, as environment variables. Set before <see cref="StartAsync"/>.</summary>
    public Dictionary<string, string> Settings { get; } = new();

    /// <summary>Speaks as the administrator, follows no redirect, so that tests see what was really answered.</summary>
    public HttpClient Client { get; }

    public string Log => string.Join('\n', _log);

    public async ValueTask InitializeAsync() => await StartAsync();

    public async Task StartAsync()
    {
        if (Running)
            throw new InvalidOperationException("The hub is already running.");
        if (!File.Exists(Locations.Program))
            throw new FileNotFoundException("Build src/ModelZoo.Cli first, or name a zoo.dll in MODELZOO_PROGRAM.", Locations.Program);

        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Data,
        };
        foreach (var argument in new[] { Locations.Program, Verb, "--data", Data, "--urls", Url })
            start.ArgumentList.Add(argument);
        start.Environment["MODELZOO_BOOTSTRAP_ADMIN"] = Admin;
        start.Environment["MODELZOO_BOOTSTRAP_TOKEN"] = Token;
        foreach (var (name, value) in Settings)
            start.Environment[name] = value;

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilHealthyAsync();
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed. Returns when the process and its children are gone.</summary>
    public void Kill()
    {
        if (_process is not { HasExited: false } process)
            return;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    /// <summary>A client with another token, or none. Follows no redirect.</summary>
    public HttpClient NewClient(string? token)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false })
        {
            BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60),
        };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>The last lines of the log, for the message of a failed test.</summary>
    public string LogTail(int lines = 40) => string.Join('\n', _log.TakeLast(lines));

    public ValueTask DisposeAsync()
    {
        Kill();
        _process?.Dispose();
        Client.Dispose();
        Directory.Delete(Data, recursive: true);
        return ValueTask.CompletedTask;
    }

    async Task WaitUntilHealthyAsync()
    {
        using var client = NewClient(token: null);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartLimit)
        {
            if (!Running)
                throw new InvalidOperationException($"The hub ended with exit code {_process!.ExitCode} before it was ready.\n{LogTail()}");
            if (await AnswersAsync(client))
                return;
            await Task.Delay(100);
        }
        Kill();
        throw new TimeoutException($"/health did not answer 200 within {StartLimit.TotalSeconds} s.\n{LogTail()}");
    }

    static async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync("/health");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    void Keep(string? line)
    {
        if (line is null)
            return;
        _log.Enqueue(line);
        while (_log.Count > 20_000)
            _log.TryDequeue(out _);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Diagnostics;
using ModelZoo.Conformance.Harness;
using Npgsql;

namespace ModelZoo.Conformance.Cluster;

/// <summary>A PostgreSQL of this test's own, that it may stop and start. What it acknowledges survives being stopped at once.</summary>
sealed class OwnPostgres : IAsyncDisposable
{
    readonly string _folder = Locations.Scratch("pg");
    string _port = "0";

    public string Connection { get; private set; } = "";

    public static async Task<OwnPostgres> StartAsync()
    {
        var server = new OwnPostgres();
        await server.RunAsync();
        // The script turns this off for speed; here a stop must lose nothing. A database's own setting counts more than the server's.
        await using var connection = new NpgsqlConnection(server.Connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("alter database zoo set synchronous_commit = on", connection);
        await command.ExecuteNonQueryAsync();
        return server;
    }

    /// <summary>As if the machine's process were killed: no goodbye to anybody, and recovery at the next start.</summary>
    public async Task RestartAsync(TimeSpan away)
    {
        await ScriptAsync("stop", _folder);
        await Task.Delay(away);
        await RunAsync();
    }

    async Task RunAsync()
    {
        var words = await ScriptAsync(_folder, _port);
        var settings = words.Split('\n').Where(line => line.Contains('=')).ToDictionary(line => line[..line.IndexOf('=')], line => line[(line.IndexOf('=') + 1)..]);
        (_port, Connection) = (settings["PGPORT"], settings["ConnectionString"]);
    }

    static async Task<string> ScriptAsync(params string[] arguments)
    {
        var script = Path.Combine(Locations.Root, "test", "servers", "start-postgres.sh");
        var output = Path.GetTempFileName();
        // Through a file: the server inherits the output, so a pipe would stay open as long as it runs.
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", """script=$1; out=$2; shift 2; exec "$script" "$@" >"$out" 2>&1 </dev/null""", "bash", script, output, .. arguments]))!;
        await process.WaitForExitAsync();
        var words = await File.ReadAllTextAsync(output);
        File.Delete(output);
        return process.ExitCode == 0 ? words : throw new InvalidOperationException(words);
    }

    public async ValueTask DisposeAsync()
    {
        await ScriptAsync("stop", _folder);
        Directory.Delete(_folder, recursive: true);
    }
}

using System.Diagnostics;
using Amazon.S3;

namespace ModelZoo.Bench;

/// <summary>A real PostgreSQL and a real S3 server, started by the scripts that the tests use and ended with the measurement.</summary>
sealed class Servers : IDisposable
{
    const string Bucket = "bench";

    readonly string _folder;

    Servers(string folder) => _folder = folder;

    /// <summary>Options of a hub that uses both.</summary>
    public Dictionary<string, string> HubSettings { get; } = [];

    public static async Task<Servers> StartAsync(string folder)
    {
        var servers = new Servers(folder);
        var (postgres, s3) = (servers.Run("start-postgres.sh", "pg"), servers.Run("start-s3.sh", "s3"));
        using var client = new AmazonS3Client(s3["S3_ACCESS_KEY"], s3["S3_SECRET_KEY"], new AmazonS3Config { ServiceURL = s3["S3_ENDPOINT"], ForcePathStyle = true, AuthenticationRegion = s3["S3_REGION"] });
        await client.PutBucketAsync(Bucket);
        foreach (var (name, value) in new (string, string)[]
        {
            ("DATABASE__KIND", "postgres"), ("DATABASE__CONNECTION", postgres["ConnectionString"]), ("STORAGE__KIND", "s3"), ("STORAGE__ENDPOINT", s3["S3_ENDPOINT"]),
            ("STORAGE__BUCKET", Bucket), ("STORAGE__ACCESSKEY", s3["S3_ACCESS_KEY"]), ("STORAGE__SECRETKEY", s3["S3_SECRET_KEY"]), ("STORAGE__REGION", s3["S3_REGION"]),
        }) servers.HubSettings[$"MODELZOO_{name}"] = value;
        return servers;
    }

    Dictionary<string, string> Run(string script, string name)
    {
        var data = Path.Combine(_folder, name);
        Directory.CreateDirectory(data);
        var words = Script(script, data);
        return words.Split('\n').Where(line => line.Contains('=')).ToDictionary(line => line[..line.IndexOf('=')], line => line[(line.IndexOf('=') + 1)..]);
    }

    static string Script(params string[] arguments)
    {
        var output = Path.GetTempFileName();
        var path = Path.Combine(Report.Repository(), "test", "servers", arguments[0]);
        // Through a file: the servers inherit the output, so a pipe would stay open as long as they run.
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", """script=$1; out=$2; shift 2; exec "$script" "$@" >"$out" 2>&1 </dev/null""", "bash", path, output, .. arguments[1..]]))!;
        process.WaitForExit();
        var words = File.ReadAllText(output);
        File.Delete(output);
        return process.ExitCode == 0 ? words : throw new InvalidOperationException(words);
    }

    public void Dispose()
    {
        Script("start-postgres.sh", "stop", Path.Combine(_folder, "pg"));
        Script("start-s3.sh", "stop", Path.Combine(_folder, "s3"));
    }
}

using System.Diagnostics;
using System.Text.Json;

namespace ModelZoo.Bench;

/// <summary>
/// A closed loop of requests from a process of its own: each connection sends the next request when the last is answered.
/// Arguments: port, token or "-", connections, seconds, file of lines "METHOD target".
/// </summary>
static class LoadWorker
{
    public static int Run(string[] args)
    {
        var (port, token, connections, seconds) = (int.Parse(args[0]), args[1] == "-" ? null : args[1], int.Parse(args[2]), double.Parse(args[3]));
        (byte[] Bytes, bool IsHead)[] requests =
        [
            .. File.ReadLines(args[4]).Select(line => line.Split(' ')).Select(parts => (RawConnection.Request(parts[0], parts[1], token), parts[0] == "HEAD")),
        ];
        var latencies = Enumerable.Range(0, connections).Select(_ => new List<float>(1 << 16)).ToArray();
        long bytes = 0;
        var failures = 0;
        var next = -1;
        var elapsed = Clients.Run(connections, client =>
        {
            using var connection = new RawConnection(port);
            var watch = Stopwatch.StartNew();
            for (var began = watch.Elapsed; began.TotalSeconds < seconds;)
            {
                var (request, isHead) = requests[(int)((uint)Interlocked.Increment(ref next) % requests.Length)];
                var (status, count) = connection.Exchange(request, isHead);
                if (status != 200) Interlocked.Increment(ref failures);
                Interlocked.Add(ref bytes, count);
                var now = watch.Elapsed;
                latencies[client].Add((float)(now - began).TotalMilliseconds);
                began = now;
            }
        });
        float[] all = [.. latencies.SelectMany(list => list).Order()];
        Console.WriteLine(JsonSerializer.Serialize(new LoadResult(all.Length, elapsed, all[all.Length / 2], all[all.Length * 99 / 100], failures, bytes)));
        return 0;
    }
}

sealed record LoadResult(long Requests, double Seconds, double MedianMs, double LateMs, int Failures, long BodyBytes);

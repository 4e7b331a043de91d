using System.Text;
using System.Text.Json;

namespace ModelZoo.Conformance.Harness;

/// <summary>
/// One script of a real client against the hub. It prints one JSON line per check, {"check","ok"} or with "error" or "skipped", and
/// goes on after a failed check, so that one run shows every disagreement.
/// </summary>
static class Scenario
{
    public static async Task RunAsync(
        HubProcess hub, string program, IReadOnlyList<string> arguments, string folder, Dictionary<string, string?> environment, TimeSpan? limit = null)
    {
        var scratch = Locations.Scratch("client");
        environment["HUB_URL"] = hub.Url;
        environment["TOKEN"] = HubProcess.Token;
        environment["SCRATCH"] = scratch;
        environment["HOME"] = scratch;      // no token, cache or setting of the person who runs the tests
        foreach (var name in new[] { "HF_TOKEN", "HF_HOME", "HF_ENDPOINT", "HF_HUB_CACHE", "XDG_CACHE_HOME" })
            environment.TryAdd(name, null);
        try
        {
            var finished = await ClientProcess.RunAsync(program, arguments, folder, environment, limit ?? TimeSpan.FromMinutes(4));
            Report(hub, finished);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    static void Report(HubProcess hub, Finished finished)
    {
        var failures = new StringBuilder();
        var passed = 0;
        foreach (var line in finished.Output.Split('\n').Where(line => line.StartsWith("{\"check\"", StringComparison.Ordinal)))
        {
            var check = JsonDocument.Parse(line).RootElement;
            var name = check.GetProperty("check").GetString();
            if (check.TryGetProperty("skipped", out var why))
                TestContext.Current.TestOutputHelper?.WriteLine($"SKIPPED {name}: {why.GetString()}");
            else if (check.GetProperty("ok").GetBoolean())
                passed++;
            else
                failures.AppendLine($"✗ {name}").AppendLine(Indented(check.GetProperty("error").GetString()!));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{passed} checks passed");
        if (failures.Length == 0 && finished.ExitCode == 0 && passed > 0)
            return;
        Assert.Fail($"""
            {passed} checks passed. Exit code {finished.ExitCode}.
            {failures}
            --- what the client said
            {Tail(finished.Errors)}
            --- what the hub said
            {hub.LogTail()}
            """);
    }

    static string Indented(string text) => "    " + text.TrimEnd().Replace("\n", "\n    ", StringComparison.Ordinal);
    static string Tail(string text) => string.Join('\n', text.Split('\n').TakeLast(40));
}

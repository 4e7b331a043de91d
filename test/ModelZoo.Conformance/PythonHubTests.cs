using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>The Python client, which most users come with, from its own source in both generations. See <see cref="PythonClient"/>.</summary>
public abstract class PythonHubTests(HubProcess hub)
{
    public static TheoryData<string> Scripts =>
        ["writing.py", "large_files.py", "reading.py", "filesystem.py", "listing.py", "history.py", "discussions.py", "cards.py", "leaderboards.py", "errors.py", "xet.py"];

    private protected abstract PythonClient Client { get; }

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task The_python_client_works_unmodified(string script)
    {
        var model = Locations.FindDemoModel("shakespeare-gpt2");
        await Client.RunAsync(hub, script, new() { ["SAFETENSORS"] = model is null ? null : Path.Combine(model, "model.safetensors") });
    }
}

public sealed class PythonHubTests_Requests(HubProcess hub) : PythonHubTests(hub)
{
    private protected override PythonClient Client => PythonClient.Requests;
}

public sealed class PythonHubTests_Httpx(HubProcess hub) : PythonHubTests(hub)
{
    private protected override PythonClient Client => PythonClient.Httpx;
}

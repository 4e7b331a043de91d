using System.Net.Http.Json;
using System.Text.Json;
using ModelZoo.Cli;
using ModelZoo.Client;

namespace ModelZoo.Conformance.Harness;

/// <summary>
/// One model, pushed with `zoo push`, and the files that `zoo snippet` writes for it, in a folder where Node finds the installed packages. What runs has a home
/// of its own and knows the hub only by what the files say.
/// </summary>
sealed class SnippetWorkplace : IDisposable
{
    readonly HubProcess _hub;
    readonly string _scratch = Locations.Scratch("snippets");

    SnippetWorkplace(HubProcess hub, string repo, string folder, SnippetList list) => (_hub, Repo, Folder, List) = (hub, repo, folder, list);

    public string Repo { get; }

    /// <summary>Where the scripts are.</summary>
    public string Folder { get; }

    public SnippetList List { get; }

    /// <summary>Given to what runs, beside its own home and caches.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    public string Scratch(string name) => Path.Combine(_scratch, name);

    public static async Task<SnippetWorkplace> CreateAsync(HubProcess hub, string model, string project = "js", bool isPrivate = false, bool isServed = false)
    {
        var repo = (await WireRepository.CreateAsync(hub, "use", isPrivate: isPrivate)).Id;
        await ZooAsync(hub, "push", model, repo);
        if (isServed) await AdmitAsync(hub, repo);
        // Beside node_modules, so that imports find them.
        var folder = Path.Combine(Locations.Cache(project), "runs", repo[(repo.IndexOf('/') + 1)..]);
        await ZooAsync(hub, "snippet", repo, "--out", folder + "/");
        using var zoo = new ZooClient(new() { Endpoint = new(hub.Url), Token = HubProcess.Token });
        return new(hub, repo, folder, await zoo.GetSnippetsAsync(RepoId.Parse(repo)));
    }

    static async Task AdmitAsync(HubProcess hub, string repo)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", HubProcess.Token) } };
        using var answer = await client.PostAsJsonAsync($"{hub.Url}/api/zoo/serving/models", new { model = repo });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    public static async Task<string> ZooAsync(HubProcess hub, params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await ZooCommand.RunAsync([.. args, "--endpoint", hub.Url, "--token", HubProcess.Token], output, errors);
        Assert.True(code == 0, $"zoo {string.Join(' ', args)}: {errors}");
        return output.ToString();
    }

    public string FileOf(string snippet)
    {
        Assert.Contains(snippet, List.Files.Select(file => file.Name));
        return Path.Combine(Folder, snippet);
    }

    public Task<string> NodeAsync(string snippet, params string[] arguments) => RunAsync("node", [FileOf(snippet), .. arguments]);

    public Task<string> BashAsync(string snippet, params string[] arguments) => RunAsync("bash", [FileOf(snippet), .. arguments]);

    /// <summary>What the program printed; a failed one fails the test with what it and the hub said.</summary>
    public async Task<string> RunAsync(string program, string[] arguments)
    {
        var finished = await ClientProcess.RunAsync(program, arguments, Directory.CreateDirectory(Scratch("here")).FullName, Settings(), TimeSpan.FromMinutes(3));
        Assert.True(finished.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {finished.ExitCode}\n{finished.Output}\n{finished.Errors}\n--- what the hub said\n{_hub.LogTail()}");
        return finished.Output;
    }

    public Dictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>(Environment);
        foreach (var name in new[] { "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_CACHE", "XDG_CACHE_HOME", "MODELZOO_ENDPOINT", "MODELZOO_TOKEN" }) settings.TryAdd(name, null);
        settings.TryAdd("HOME", _scratch);
        settings.TryAdd("HF_HOME", Scratch("hf"));
        settings.TryAdd("MODELZOO_CACHE", Scratch("cache"));
        return settings;
    }

    public static JsonElement[] Lines(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        Directory.Delete(_scratch, recursive: true);
    }
}

namespace ModelZoo.Conformance.Harness;

/// <summary>One generation of the Python client, run from a checkout of its source: it is not in the package registries these tests may use.</summary>
sealed record PythonClient(string Variable, string Requirement, IReadOnlyList<string> Modules)
{
    public static PythonClient Requests { get; } = new(
        "MODELZOO_PY_HUB0", "a checkout of huggingface_hub 0.2x or 0.36 (requests)", ["requests", "filelock", "fsspec", "tqdm", "packaging", "yaml", "typing_extensions"]);
    public static PythonClient Httpx { get; } = new(
        "MODELZOO_PY_HUB1", "a checkout of huggingface_hub 1.x (httpx)", ["httpx", "filelock", "fsspec", "tqdm", "packaging", "yaml", "typing_extensions"]);

    public async Task RunAsync(HubProcess hub, string script, Dictionary<string, string?>? environment = null)
    {
        environment ??= [];
        var source = FindSource();
        environment["PYTHONPATH"] = source;
        environment["PYTHONDONTWRITEBYTECODE"] = "1";
        var python = await FindInterpreterAsync(environment);
        var folder = Path.Combine(Locations.Scripts, "py");
        await Scenario.RunAsync(hub, python, ["-W", "ignore", Path.Combine(folder, script)], folder, environment);
    }

    string FindSource()
    {
        var found = FindCheckout();
        if (found is null)
            Missing.Skip($"The Python client was NOT tested: set {Variable} to the `src` folder of {Requirement}, with {string.Join(", ", Modules)} importable.");
        return found;
    }

    /// <summary>The folder to import the client from; null when none is named.</summary>
    public string? FindCheckout()
    {
        var checkout = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(checkout)) return null;
        foreach (var folder in new[] { checkout, Path.Combine(checkout, "src") })
            if (File.Exists(Path.Combine(folder, "huggingface_hub", "__init__.py")))
                return folder;
        throw new DirectoryNotFoundException($"{Variable} is {checkout}, which holds no huggingface_hub package.");
    }

    async Task<string> FindInterpreterAsync(Dictionary<string, string?> environment)
    {
        string?[] names = [Environment.GetEnvironmentVariable("MODELZOO_PYTHON"), "python3", "/usr/bin/python3"];
        foreach (var name in names)
            if (!string.IsNullOrEmpty(name) && await ClientProcess.WorksAsync(name, ["-c", $"import {string.Join(", ", Modules)}, huggingface_hub"], environment))
                return name;
        Missing.Skip($"The Python client was NOT tested: no python3 can import {string.Join(", ", Modules)}. Install them, or name an interpreter in MODELZOO_PYTHON.");
        return "";
    }
}

using System.Text.Json;
using ModelZoo.Conformance.Harness;
using ServedModels = ModelZoo.Hub.Tests.Serving.TinyModels;

namespace ModelZoo.Conformance;

/// <summary>The files that ask the hub: offered where it answers for the model, and all four say what the model says.</summary>
public sealed class SnippetInferTests(HubProcess hub)
{
    static readonly string[] s_files = ["infer.sh", "infer.py", "infer.mjs", "Infer.cs"];

    [Fact]
    public async Task Every_language_gets_the_hubs_own_answer_once_the_model_is_admitted()
    {
        ServedModels.RequireRuntime();
        var model = TinyModels.Folder([.. ServedModels.Classifier().Cast<(string, byte[])>()]);
        using (var before = await SnippetWorkplace.CreateAsync(hub, model)) Assert.Empty(before.List.Files.Select(file => file.Name).Intersect(s_files));
        using var work = await SnippetWorkplace.CreateAsync(hub, model, isServed: true);
        work.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = work.Environment["DOTNET_NOLOGO"] = "1";
        foreach (var (program, file) in ((string, string)[])[("bash", s_files[0]), ("python3", s_files[1]), ("node", s_files[2]), ("dotnet", s_files[3])])
        {
            work.Environment["HOME"] = program == "dotnet" ? null : work.Scratch("");
            if (!await ClientProcess.WorksAsync(program, ["--version"])) Assert.Skip($"SKIPPED: {program} is not installed");
            var output = await work.RunAsync(program, [.. program == "dotnet" ? (string[])["run"] : [], work.FileOf(file), "\"two two\""]);
            Assert.Contains("even", output[..output.IndexOf("odd", StringComparison.Ordinal)], StringComparison.Ordinal);
            using var json = JsonDocument.Parse(output);
            Assert.NotEqual(JsonValueKind.Null, json.RootElement.ValueKind);
        }
        Directory.Delete(model, recursive: true);
    }
}

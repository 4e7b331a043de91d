using ModelZoo.Conformance.Harness;
using ModelZoo.Hub.Tests.Serving;

namespace ModelZoo.Conformance;

/// <summary>The openai package from npm against models that the hub runs in workers.</summary>
public sealed class OpenAiClientTests(HubProcess hub)
{
    [Fact]
    public async Task The_openai_package_from_npm_works_unmodified()
    {
        TinyModels.RequireRuntime();
        var root = Directory.CreateTempSubdirectory("zoo-tiny-").FullName;
        try
        {
            var folders = new Dictionary<string, string?>
            {
                ["LANGUAGE_FOLDER"] = Write(Path.Combine(root, "language"), TinyModels.Language(template: "{{ messages[-1].content }} {% if add_generation_prompt %}one{% endif %}")),
                ["EMBEDDING_FOLDER"] = Write(Path.Combine(root, "embedding"), TinyModels.Language(embeds: true)),
            };
            await NodeClient.RunAsync(hub, "openai.mjs", folders);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    static string Write(string folder, object[] files)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, content) in files.Cast<(string, byte[])>()) File.WriteAllBytes(Path.Combine(folder, name), content);
        return folder;
    }
}

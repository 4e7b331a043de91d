using System.Text.Json;
using ModelZoo.Cli;
using ModelZoo.Tests.Client;

namespace ModelZoo.Tests.Populations;

/// <summary>A small population that the program itself made, for tests that only read it.</summary>
public sealed class SmallPopulation : IAsyncLifetime
{
    /// <summary>18 members of a tiny transformer: two parents, two heads, two optimisers, two seeds.</summary>
    public const string Text = """
        population: small
        licence: CC-BY-4.0
        datasets:
          glyphs: { builtin: glyphs8, args: { n: 96, seed: 1, val: { n: 32, seed: 2 } } }
          shapes: { builtin: shapes8, args: { n: 60, seed: 1, val: { n: 30, seed: 2 }, test: { n: 40, seed: 3 } } }
        architectures:
          tiny: { family: vit, image: 8, patch: 4, dim: 16, depth: 2, heads: 2, mlp: 24 }
        stages:
          - { name: base, architecture: tiny, dataset: glyphs, train: { epochs: 2, batch: 32, lr: 3e-3 }, seeds: [1, 2] }
          - name: ft
            from: { stage: base, checkpoint: last }
            dataset: shapes
            train: { epochs: 3, batch: 20 }
            factors:
              head: [linear, { kind: mlp, hidden: 12 }]
              optim: [{ optimizer: adamw, lr: 1e-3 }, { optimizer: sgd, lr: 0.05, momentum: 0.9 }]
            seeds: [1, 2]
        checkpoints: { every: 1 }
        evaluate: { on: [val, test], every: 1, keep_logits: every }
        """;

    readonly TemporaryFolder _folder = new();

    public string Folder => _folder["small"];

    public string Blueprint => _folder["small.yaml"];

    public async ValueTask InitializeAsync()
    {
        _folder.Write("small.yaml", Text);
        var (code, _, error) = await ZooAsync("population", "generate", Blueprint, "--out", Folder, "--workers", "2");
        Assert.True(code == 0, error);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return default;
    }

    public IReadOnlyList<string> Members(string stage) => [.. Directory.GetDirectories(Path.Combine(Folder, "members"), $"{stage}-*").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    /// <summary>As a script calls the program.</summary>
    internal static async Task<(int Code, string Output, string Error)> ZooAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await ZooCommand.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    internal static async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (code, output, error) = await ZooAsync([.. args, "--json"]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>Every state with its bytes.</summary>
    public static IReadOnlyDictionary<string, byte[]> States(string folder) =>
        Directory.GetFiles(Path.Combine(folder, "members"), "*.safetensors", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(folder, path), File.ReadAllBytes);
}

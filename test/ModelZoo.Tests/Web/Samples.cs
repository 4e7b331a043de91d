using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Tests.Web;

/// <summary>Records such as a busy hub would hand to its pages.</summary>
static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 9, 30, 0, TimeSpan.Zero);
    public static readonly RepositoryLinks Gpt = new("model", "ada", "shakespeare-gpt2");
    public static readonly RepositoryLinks Birds = new("dataset", "ada", "garden-birds");
    static readonly Assets s_assets = new();

    /// <summary>The ways to use a repository of three files, as the hub writes them.</summary>
    public static IReadOnlyList<SnippetFile> Snippets(RepositoryLinks links) => SnippetBook.Write(
        new("https://zoo.example.org", links.Kind, links.Owner, links.Name, "1f0c9a7be03d5c5bd2f4be91a5cd1d3a7e8fbb42"),
        new()
        {
            Files = [new("README.md", 900), new("config.json", 702), new("model.safetensors", 2_968_112), new("tokenizer.json", 41_200)],
            ModelType = "gpt2", Architectures = ["GPT2LMHeadModel"], Task = "text-generation",
        });

    public static PageFrame Frame(string section = "", bool signedIn = true) => new()
    {
        Assets = s_assets.Links,
        Now = Now,
        BaseUrl = "https://zoo.example.org",
        Version = "0.1.0",
        Section = section,
        Here = "/ada/shakespeare-gpt2",
        Viewer = signedIn ? new("ada", IsAdministrator: true) : null,
        Antiforgery = new("__csrf", "CfDJ8Nk3"),
    };

    public static RepositoryHeading Heading(RepositoryLinks? address = null, bool full = true) => new(address ?? Gpt, "main")
    {
        Description = full ? "A small GPT-2 that learned English from the plays of Shakespeare." : null,
        Taxon = full ? [new("text-generation", Href.Local("/models?task=text-generation")), new("GPT-2"), new("0.74 M")] : [],
        Downloads = full ? 18_204 : 0,
        Likes = full ? 37 : 0,
        FileCount = full ? 9 : 0,
        CommitCount = full ? 24 : 0,
        MayWrite = true,
        MayAdminister = true,
    };

    public static CommitLine Commit(int ago = 3, string title = "Add the GGUF conversion in f32") =>
        new("9c1f0a7b6e5d4c3b2a190807f6e5d4c3b2a19080", title, "ada", Now.AddHours(-ago * 7)) { AuthorLink = Href.Local("/ada") };

    public static ReferenceChoice References(string current = "main") => new(current,
        [new("main", Href.Local("/ada/shakespeare-gpt2/tree/main")), new("quantized", Href.Local("/ada/shakespeare-gpt2/tree/quantized"))],
        [new("v1.0", Href.Local("/ada/shakespeare-gpt2/tree/v1.0"))]);

    public static IReadOnlyList<RepositorySummary> Repositories(int count = 8, string kind = "model") =>
        [.. s_rows.Take(count).Select((row, i) => new RepositorySummary(new(kind, row.Owner, row.Name), Now.AddHours(-(i * i * 9) - 1))
        {
            Description = row.About,
            PipelineTag = row.Task,
            Library = row.Library,
            License = row.License,
            ParameterCount = kind == "model" ? row.Parameters : null,
            SizeBytes = row.Parameters * 4,
            Formats = row.Formats,
            Downloads = 48_120 / ((i * 7) + 1),
            Likes = 90 / (i + 1),
            IsPrivate = i == 2,
        })];

    static readonly (string Owner, string Name, string Task, string Library, string License, long Parameters, string[] Formats, string About)[] s_rows =
    [
        ("ada", "shakespeare-gpt2", "text-generation", "transformers", "cc0-1.0", 741_376, ["safetensors", "onnx", "gguf"], "A small GPT-2 that learned English from the plays of Shakespeare."),
        ("ada", "shakespeare-gpt2-lora-banking", "text-generation", "peft", "cc-by-4.0", 12_288, ["safetensors"], "An adapter that makes the playwright answer questions at a bank."),
        ("grace", "banking77-bert-mini", "text-classification", "transformers", "cc-by-4.0", 638_029, ["safetensors", "onnx"], "Sorts a customer's question into one of 77 intents."),
        ("observatory", "resnet20-cifar10", "image-classification", "pytorch", "bsd-2-clause", 272_474, ["pickle", "onnx"], "Twenty layers, ten classes, ninety-two per cent."),
        ("observatory", "a-rather-long-model-name-that-somebody-generated-instruct-v2.1-awq", "text-generation", "transformers", "apache-2.0", 7_241_732_096, ["safetensors"], "Quantized to four bits."),
        ("grace", "silero-vad", "voice-activity-detection", "onnx", "mit", 309_633, ["onnx", "safetensors"], "Tells speech from silence in 32 ms."),
        ("field", "ultraface-rfb-320", "object-detection", "onnx", "mit", 300_000, ["onnx"], "Finds faces in small pictures."),
        ("field", "squeezenet-fp16", "image-classification", "onnx", "mit", 1_240_000, ["onnx"], "AlexNet's accuracy in half a megabyte of weights."),
    ];

    public static SanitisedHtml Card => SanitisedHtml.FromSanitiser("""
        <h2 id="shakespeare-gpt2">Shakespeare GPT-2</h2>
        <p>A decoder-only transformer with four layers and 0.74 M parameters, trained from scratch on the plays. It is meant for tests and for teaching: small enough to read, large enough to speak.</p>
        <h2 id="intended-use">Intended use</h2>
        <ul><li>Checking that a client loads a tokenizer and a model end to end.</li><li>Showing what a language model learns from one megabyte of text.</li></ul>
        <h2 id="how-to-start">How to start</h2>
        <pre><code>from transformers import AutoModelForCausalLM
        model = AutoModelForCausalLM.from_pretrained("ada/shakespeare-gpt2")</code></pre>
        <h2 id="evaluation">Evaluation</h2>
        <table><thead><tr><th>Split</th><th>Bits per byte</th></tr></thead><tbody><tr><td>held-out plays</td><td>2.31</td></tr><tr><td>sonnets</td><td>2.47</td></tr></tbody></table>
        <blockquote><p>The readiness is all.</p></blockquote>
        <h2 id="limits">Limits</h2>
        <p>It knows no modern words. It repeats the prejudices of its time. Do not use it where somebody could take it at its word; see <a href="https://arxiv.org/abs/1810.03993">Mitchell et al.</a></p>
        """);

    public static IReadOnlyList<FileChange> Diffs =>
    [
        new("README.md", "changed", 2, 1, [new(8, 4, 8, 5, "", [
            new(DiffLineKind.Context, 8, 8, "## Evaluation", false), new(DiffLineKind.Removed, 9, null, "Bits per byte: 2.35", false),
            new(DiffLineKind.Added, null, 9, "Bits per byte on held-out plays: 2.31", false), new(DiffLineKind.Added, null, 10, "Bits per byte on the sonnets: 2.47", false),
            new(DiffLineKind.Context, 10, 11, "", false)])]),
        new("gguf/model-f32.gguf", "added", 0, 0, []) { Note = "A large file of 2.98 MB, kept by its SHA-256.", Link = Href.Local("/ada/shakespeare-gpt2/blob/main/gguf/model-f32.gguf") },
        new("tokenizer.json", "renamed", 0, 0, []) { OldPath = "vocab/tokenizer.json", Note = "Moved without a change." },
    ];
}

namespace ModelZoo.Hub.Web.Components;

/// <summary>One way to get a repository, with the words to paste. Only ways that work with this hub as it is.</summary>
public sealed record Snippet(string Tool, string Text)
{
    public static IReadOnlyList<Snippet> For(RepositoryLinks address, string baseUrl, string? library, string? pipelineTag) =>
    [
        new("Python", Python(address, baseUrl, library, pipelineTag)),
        new("hf", $"export HF_ENDPOINT={baseUrl}\nhf download {address.Id}{(address.Kind == "model" ? "" : $" --repo-type {address.Kind}")}"),
        new("zoo", $"zoo pull {address.Prefix}{address.Id} --endpoint {baseUrl}"),
        new("JavaScript", JavaScript(address, baseUrl, library, pipelineTag)),
        new("curl", $"curl -fL -o README.md \\\n  {baseUrl}/{address.Prefix}{address.Id}/resolve/main/README.md"),
    ];

    static string Python(RepositoryLinks address, string baseUrl, string? library, string? pipelineTag)
    {
        var settings = $"""
            import os
            os.environ["HF_ENDPOINT"] = "{baseUrl}"


            """;
        return settings + (address.Kind, library, pipelineTag) switch
        {
            ("model", "transformers", { } task) => $"""
                from transformers import pipeline
                run = pipeline("{task}", model="{address.Id}")
                """,
            ("model", "transformers", null) => $"""
                from transformers import AutoModel, AutoTokenizer
                tokenizer = AutoTokenizer.from_pretrained("{address.Id}")
                model = AutoModel.from_pretrained("{address.Id}")
                """,
            ("model", _, _) => $"""
                from huggingface_hub import snapshot_download
                folder = snapshot_download("{address.Id}")
                """,
            _ => $"""
                from huggingface_hub import snapshot_download
                folder = snapshot_download("{address.Id}", repo_type="{address.Kind}")
                """,
        };
    }

    static string JavaScript(RepositoryLinks address, string baseUrl, string? library, string? pipelineTag) => library is "transformers.js" && address.Kind == "model"
        ? $"""
            import {"{"} env, pipeline {"}"} from "@huggingface/transformers";
            env.remoteHost = "{baseUrl}";
            const run = await pipeline("{pipelineTag ?? "text-generation"}", "{address.Id}");
            """
        : $"""
            import {"{"} snapshotDownload {"}"} from "@huggingface/hub";
            const folder = await snapshotDownload({"{"}
              repo: "{address.Prefix}{address.Id}",
              hubUrl: "{baseUrl}",
            {"}"});
            """;
}

namespace ModelZoo.Hub.Web.Components;

/// <summary>One way to get a repository, with the words to paste.</summary>
public sealed record Snippet(string Tool, string Text)
{
    /// <summary>The ways that work for every repository, and those its library adds.</summary>
    public static IReadOnlyList<Snippet> For(RepositoryLinks address, string baseUrl, string? library, string? pipelineTag)
    {
        var type = address.Kind == "model" ? "" : $" --repo-type {address.Kind}";
        var all = new List<Snippet>
        {
            new("zoo", $"zoo pull {address.Prefix}{address.Id}"),
            new("hf", $"export HF_ENDPOINT={baseUrl}\nhf download {address.Id}{type}"),
            new("git", $"git lfs install\ngit clone {baseUrl}/{address.Prefix}{address.Id}"),
            new("Python", Python(address, baseUrl, library)),
        };
        if (library is "transformers.js" && address.Kind == "model")
            all.Add(new("JavaScript", $"""
                import {"{"} env, pipeline {"}"} from "@huggingface/transformers";
                env.remoteHost = "{baseUrl}";
                const run = await pipeline("{pipelineTag ?? "text-generation"}", "{address.Id}");
                """));
        return all;
    }

    static string Python(RepositoryLinks address, string baseUrl, string? library) => (address.Kind, library) switch
    {
        ("model", "transformers") => $"""
            import os; os.environ["HF_ENDPOINT"] = "{baseUrl}"
            from transformers import AutoModel, AutoTokenizer
            tokenizer = AutoTokenizer.from_pretrained("{address.Id}")
            model = AutoModel.from_pretrained("{address.Id}")
            """,
        ("model", _) => $"""
            from huggingface_hub import snapshot_download
            folder = snapshot_download("{address.Id}", endpoint="{baseUrl}")
            """,
        _ => $"""
            from huggingface_hub import snapshot_download
            folder = snapshot_download("{address.Id}", repo_type="{address.Kind}", endpoint="{baseUrl}")
            """,
    };
}

namespace ModelZoo.Inference.Snippets;

/// <summary>One way to use a repository: a whole file, pinned to a commit.</summary>
/// <param name="Name">What the file is called; no two of one repository are called the same.</param>
/// <param name="Tool">What it is for: Python, JavaScript, curl, vLLM …</param>
/// <param name="Topic">python, javascript, csharp, shell or docker.</param>
/// <param name="About">One sentence: what it does and with what.</param>
public sealed record SnippetFile(string Name, string Tool, string Topic, string About, string Text);

/// <summary>The revision that snippets are pinned to, and where it is found.</summary>
/// <param name="Endpoint">Address of the hub, without a slash at its end.</param>
/// <param name="Kind">model, dataset or space.</param>
public sealed record SnippetPlace(string Endpoint, string Kind, string Owner, string Name, string Commit)
{
    /// <summary>The hub itself answers for the model, at /api/models/{id}/infer.</summary>
    public bool IsServed { get; init; }

    public string Id => $"{Owner}/{Name}";

    /// <summary>As it stands in addresses and clones.</summary>
    public string Address => Kind == "model" ? Id : $"{Kind}s/{Id}";
}

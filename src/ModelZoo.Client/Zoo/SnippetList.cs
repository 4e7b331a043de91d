namespace ModelZoo.Client;

/// <summary>A file that uses a model. Its tool is Python, curl, vLLM …; its topic python, javascript, csharp, shell or docker.</summary>
public sealed record SnippetText(string Name, string Tool, string Topic, string About, string Text);

/// <summary>The files that use a model, pinned to a commit.</summary>
public sealed record SnippetList(string Repository, string Commit, IReadOnlyList<SnippetText> Files);

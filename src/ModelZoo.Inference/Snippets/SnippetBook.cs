namespace ModelZoo.Inference.Snippets;

/// <summary>
/// Writes the files that use a repository: which, by what it holds; each whole, and pinned to the commit. A way that could not work is not offered. The order is
/// from what most people want to what few do.
/// </summary>
public static class SnippetBook
{
    public static IReadOnlyList<SnippetFile> Write(SnippetPlace place, ModelFacts facts) => new SnippetWriter(place, facts).Write();

    /// <summary>The few that fit beside a card: one for Python, one for JavaScript, and the ways to have the files.</summary>
    public static IReadOnlyList<SnippetFile> Brief(IReadOnlyList<SnippetFile> all)
    {
        var running = all.Where(file => file.Name is not ("batch.py" or "batch.mjs" or "server.py" or "server.mjs"));
        string?[] chosen =
        [
            running.FirstOrDefault(file => file.Topic == "python")?.Name, running.FirstOrDefault(file => file.Topic == "javascript")?.Name,
            "hf.sh", "download.sh", "git.sh", "zoo.sh",
        ];
        // A script that lists hundreds of files is for its own page.
        return [.. chosen.Select(name => all.FirstOrDefault(file => file.Name == name)).OfType<SnippetFile>().Where(file => file.Text.Length < 8_000)];
    }
}

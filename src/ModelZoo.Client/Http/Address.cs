using System.Text;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>Escapes the parts of addresses the way hubs expect.</summary>
static class Address
{
    /// <summary>A revision is one segment: <c>refs/pr/1</c> becomes <c>refs%2Fpr%2F1</c>.</summary>
    public static string Revision(string revision) => Uri.EscapeDataString(revision);

    /// <summary>A path keeps its slashes; everything else that is special is escaped.</summary>
    public static string Path(RepoPath path) => string.Join('/', path.Segments.Select(Uri.EscapeDataString));

    /// <summary><c>?a=1&amp;b=2</c>, leaving out what is null; empty when nothing is left.</summary>
    public static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (value is null) continue;
            text.Append(text.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }
        return text.ToString();
    }
}

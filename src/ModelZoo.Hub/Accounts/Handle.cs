using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Hub.Accounts;

/// <summary>The rules that account and repository names share, and the words that no account may take.</summary>
static class Handle
{
    public const int MaxLength = 42;

    /// <summary>First segments of the hub's own addresses.</summary>
    static readonly HashSet<string> s_reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "api", "v1", "v2", "datasets", "spaces", "models", "leaderboards", "populations", "devices", "compare", "search", "login",
        "logout", "signup", "settings", "admin", "jobs", "docs", "assets", "metrics", "health", "ready", "oauth", "new",
        "avatars", "help", "openapi", "uploads", "blob", "tree", "resolve", "favicon.ico", "robots.txt", ".well-known",
        "organizations", "users", "collections", "workloads", "upload", "about", "static", "lfs", "xet", "cas", "join", "nobody",
    };

    /// <param name="problem">One sentence that says what is wrong, when the result is false.</param>
    public static bool TryCheck([NotNullWhen(true)] string? text, out string problem)
    {
        problem = NameProblem(text, MaxLength, "An account name");
        if (problem.Length == 0 && s_reserved.Contains(text!)) problem = $"The name '{text}' is reserved.";
        return problem.Length == 0;
    }

    public static bool IsReserved(string text) => s_reserved.Contains(text);

    /// <summary>Empty when the name is legal: ASCII letters, digits, '-', '_', '.'; no '--' or '..'; no '-' or '.' at either end; not '.git' or '.ipynb' at the end.</summary>
    public static string NameProblem(string? text, int maxLength, string what)
    {
        if (string.IsNullOrEmpty(text)) return $"{what} must not be empty.";
        if (text.Length > maxLength) return $"{what} may have at most {maxLength} characters.";
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return $"{what} may have letters, digits, '-', '_' and '.' only.";
        if (text[0] is '-' or '.' || text[^1] is '-' or '.') return $"{what} must not start or end with '-' or '.'.";
        if (text.Contains("--", StringComparison.Ordinal) || text.Contains("..", StringComparison.Ordinal)) return $"{what} must not contain '--' or '..'.";
        if (text.EndsWith(".git", StringComparison.OrdinalIgnoreCase) || text.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase))
            return $"{what} must not end in '.git' or '.ipynb'.";
        return "";
    }
}

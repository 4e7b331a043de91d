using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Hub.Repositories;

/// <summary>What a repository holds. A model, a dataset and a space may share one name.</summary>
enum RepositoryKind { Model, Dataset, Space }

static class RepositoryKinds
{
    /// <summary>The route constraint for a plural kind in an API address.</summary>
    public const string Plurals = "models|datasets|spaces";

    /// <summary>"model", as stored and as clients say it.</summary>
    public static string Word(this RepositoryKind kind) => kind switch
    {
        RepositoryKind.Model => "model",
        RepositoryKind.Dataset => "dataset",
        _ => "space",
    };

    /// <summary>"models", as in API addresses.</summary>
    public static string Plural(this RepositoryKind kind) => kind.Word() + "s";

    /// <summary>What stands before owner/name in web and git addresses: nothing for models.</summary>
    public static string AddressPrefix(this RepositoryKind kind) => kind == RepositoryKind.Model ? "" : kind.Plural() + "/";

    public static bool TryParse([NotNullWhen(true)] string? word, out RepositoryKind kind)
    {
        (var known, kind) = word switch
        {
            "model" or "models" => (true, RepositoryKind.Model),
            "dataset" or "datasets" => (true, RepositoryKind.Dataset),
            "space" or "spaces" => (true, RepositoryKind.Space),
            _ => (false, RepositoryKind.Model),
        };
        return known;
    }
}

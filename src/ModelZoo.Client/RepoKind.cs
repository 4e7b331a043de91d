namespace ModelZoo.Client;

/// <summary>What a repository holds.</summary>
public enum RepoKind
{
    /// <summary>Weights, configuration and tokenizer of a model.</summary>
    Model,

    /// <summary>Data files.</summary>
    Dataset,

    /// <summary>A demonstration; stored, not run.</summary>
    Space,
}

static class RepoKinds
{
    /// <summary>The word used in bodies: <c>model</c>.</summary>
    public static string Word(this RepoKind kind) => kind switch { RepoKind.Model => "model", RepoKind.Dataset => "dataset", _ => "space" };

    /// <summary>The word used in API paths: <c>models</c>.</summary>
    public static string Plural(this RepoKind kind) => kind.Word() + "s";

    /// <summary>What web, file and git addresses put in front of the id.</summary>
    public static string Prefix(this RepoKind kind) => kind == RepoKind.Model ? "" : kind.Plural() + "/";
}

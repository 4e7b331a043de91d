using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Names of the fields that `expand` may ask for, and those that an answer has without it.</summary>
static class RepositoryFields
{
    static readonly string[] s_models =
    [
        "author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "evalResults",
        "gated", "gguf", "inference", "inferenceProviderMapping", "lastModified", "library_name", "likes", "mask_token", "model-index",
        "pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings", "spaces", "tags", "transformersInfo", "trendingScore",
        "usedStorage", "widgetData", "gitalyUid", "xetEnabled",
    ];

    static readonly string[] s_datasets =
    [
        "author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "downloadsAllTime", "gated", "lastModified",
        "likes", "mainSize", "paperswithcode_id", "private", "resourceGroup", "sha", "siblings", "tags", "trendingScore", "usedStorage", "xetEnabled", "gitalyUid",
    ];

    static readonly string[] s_spaces =
    [
        "author", "cardData", "createdAt", "datasets", "disabled", "lastModified", "likes", "models", "private", "region", "resourceGroup",
        "runtime", "sdk", "sha", "siblings", "subdomain", "tags", "trendingScore", "usedStorage", "xetEnabled", "gitalyUid",
    ];

    static readonly string[] s_fullModel =
    [
        "author", "cardData", "config", "createdAt", "disabled", "downloads", "gated", "gguf", "lastModified", "library_name", "likes",
        "mask_token", "model-index", "pipeline_tag", "private", "safetensors", "sha", "siblings", "spaces", "tags", "transformersInfo",
        "usedStorage", "widgetData", "xetEnabled",
    ];

    static readonly string[] s_fullDataset =
    [
        "author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "gated", "lastModified", "likes",
        "paperswithcode_id", "private", "sha", "siblings", "tags", "usedStorage", "xetEnabled",
    ];

    static readonly string[] s_fullSpace =
    [
        "author", "cardData", "createdAt", "datasets", "disabled", "lastModified", "likes", "models", "private", "sdk", "sha", "siblings",
        "subdomain", "tags", "usedStorage", "xetEnabled",
    ];

    static readonly string[] s_listedModel =
        ["author", "createdAt", "downloads", "gated", "library_name", "likes", "pipeline_tag", "private", "tags", "trendingScore"];

    static readonly string[] s_listedDataset =
        ["author", "createdAt", "description", "disabled", "downloads", "gated", "lastModified", "likes", "private", "sha", "tags", "trendingScore"];

    static readonly string[] s_listedSpace = ["author", "createdAt", "lastModified", "likes", "private", "sdk", "tags", "trendingScore"];

    /// <summary>What an item of a list has; with `full` also its commit, files and card.</summary>
    public static HashSet<string> Listed(RepositoryKind kind, bool full)
    {
        HashSet<string> fields = [.. kind switch
        {
            RepositoryKind.Model => s_listedModel,
            RepositoryKind.Dataset => s_listedDataset,
            _ => s_listedSpace,
        }];
        if (full) fields.UnionWith(["cardData", "disabled", "lastModified", "sha", "siblings"]);
        return fields;
    }

    public static IReadOnlySet<string> Full(RepositoryKind kind) => (kind switch
    {
        RepositoryKind.Model => s_fullModel,
        RepositoryKind.Dataset => s_fullDataset,
        _ => s_fullSpace,
    }).ToHashSet();

    /// <exception cref="Refusal">A name is unknown; clients parse the bracketed list.</exception>
    public static void Check(RepositoryKind kind, IReadOnlyList<string> fields)
    {
        var allowed = kind switch
        {
            RepositoryKind.Model => s_models,
            RepositoryKind.Dataset => s_datasets,
            _ => s_spaces,
        };
        if (fields.Any(field => !allowed.Contains(field))) throw Refusal.Invalid($"\"expand\" must be one of [{string.Join(", ", allowed)}]");
    }
}

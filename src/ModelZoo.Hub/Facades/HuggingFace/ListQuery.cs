using System.Globalization;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Reads what a client asks of a list.</summary>
static class ListQuery
{
    const int MostFilters = 100;

    static readonly Dictionary<string, SearchOrder> s_sorts = new(StringComparer.Ordinal)
    {
        ["createdAt"] = SearchOrder.CreatedAt, ["lastModified"] = SearchOrder.LastModified, ["downloads"] = SearchOrder.Downloads, ["likes"] = SearchOrder.Likes,
        ["likes30d"] = SearchOrder.Likes30Days, ["trendingScore"] = SearchOrder.Trending, ["num_parameters"] = SearchOrder.Parameters,
        ["mainSize"] = SearchOrder.Size, ["id"] = SearchOrder.Name,
    };

    /// <summary>The tag that a model carries if an app can open it.</summary>
    static readonly Dictionary<string, string> s_apps = new(StringComparer.Ordinal)
    {
        ["llama.cpp"] = "gguf", ["ollama"] = "gguf", ["lmstudio"] = "gguf", ["jan"] = "gguf", ["koboldcpp"] = "gguf", ["llama-cpp-python"] = "gguf",
        ["gpt4all"] = "gguf", ["backyard-ai"] = "gguf", ["jellybox"] = "gguf", ["msty"] = "gguf", ["docker-model-runner"] = "gguf",
        ["vllm"] = "transformers", ["sglang"] = "transformers", ["tgi"] = "transformers",
        ["drawthings"] = "diffusers", ["diffusionbee"] = "diffusers", ["mlx-lm"] = "mlx",
    };

    /// <summary>Null when nothing in this hub can match: it runs no inference, and has no gated repositories.</summary>
    /// <exception cref="Refusal">A value is not one that there is.</exception>
    public static SearchQuery? Parse(RepositoryKind kind, IQueryCollection query, int maxLimit)
    {
        var filters = Query.List(query, "filter");
        if (filters.Count > MostFilters) throw Refusal.Invalid($"At most {MostFilters} filters are possible.");
        var (least, most) = kind == RepositoryKind.Model ? Parameters(query["num_parameters"]) : (null, null);
        var apps = kind == RepositoryKind.Model ? Query.List(query, "apps") : [];
        var nothing = Query.Flag(query["gated"]) || apps.Any(app => !s_apps.ContainsKey(app))
            || (kind == RepositoryKind.Model && (Query.List(query, "inference").Count > 0 || Query.List(query, "inference_provider").Count > 0));
        var asked = new SearchQuery
        {
            Kind = kind,
            Text = string.Join(' ', (IEnumerable<string?>)query["search"]),
            Author = Last(query, "author"),
            Task = kind == RepositoryKind.Model ? Last(query, "pipeline_tag") : null,
            Tags = [.. filters.Concat(apps.Where(s_apps.ContainsKey).Select(app => s_apps[app])).Distinct()],
            MinParameters = least,
            MaxParameters = most,
            Linked = kind == RepositoryKind.Space && Query.Flag(query["linked"]),
            LinkedModels = kind == RepositoryKind.Space ? Query.List(query, "models") : [],
            LinkedDatasets = kind == RepositoryKind.Space ? Query.List(query, "datasets") : [],
            Sort = Sort(Last(query, "sort")),
            Ascending = Last(query, "direction") is "1" or "asc",
            Cursor = Last(query, "cursor"),
            Limit = Query.Limit(query["limit"], maxLimit, maxLimit),
        };
        return nothing ? null : asked;
    }

    static SearchOrder Sort(string? word) =>
        string.IsNullOrEmpty(word) ? SearchOrder.Trending
        : s_sorts.TryGetValue(word, out var key) ? key
        : throw Refusal.Invalid($"\"sort\" must be one of [{string.Join(", ", s_sorts.Keys)}]");

    /// <summary>"min:6B,max:128B", either part alone too.</summary>
    static (long? Least, long? Most) Parameters(string? text)
    {
        (long? least, long? most) = (null, null);
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("min:", StringComparison.Ordinal)) least = Number(part[4..]);
            else if (part.StartsWith("max:", StringComparison.Ordinal)) most = Number(part[4..]);
            else throw BadNumber(part);
        }
        return (least, most);
    }

    static long Number(string text)
    {
        var unit = text.Length == 0 ? 1m : char.ToUpperInvariant(text[^1]) switch { 'K' => 1e3m, 'M' => 1e6m, 'B' => 1e9m, 'T' => 1e12m, _ => 1m };
        var digits = unit == 1m ? text : text[..^1];
        return decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= 1_000_000_000_000m
            ? (long)Math.Min(number * unit, long.MaxValue)
            : throw BadNumber(text);
    }

    static Refusal BadNumber(string text) => Refusal.Invalid($"\"num_parameters\" must look like min:6B,max:128B, and '{text}' does not");

    static string? Last(IQueryCollection query, string name) => query[name] is { Count: > 0 } values ? values[^1] : null;
}

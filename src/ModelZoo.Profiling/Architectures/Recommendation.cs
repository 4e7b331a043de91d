namespace ModelZoo.Profiling.Architectures;

/// <summary>
/// DLRM (arXiv:1906.00091), with the keys of its reference program: tables that are looked up, a network below for dense features, the products of all pairs, a
/// network on top. Memory is all tables; work is the two networks and the pairs; traffic is the rows that a sample looks up.
/// </summary>
static class Recommendation
{
    public const string Type = "dlrm";

    public static Blueprint Build(ModelConfig config)
    {
        var dim = config.GetWhole("arch_sparse_feature_size", "embedding_dim");
        var tables = List(config, "arch_embedding_size") ?? List(config, "num_embeddings_per_feature") ?? throw new ProfileException("The configuration has no 'arch_embedding_size': the rows of each table.");
        var below = List(config, "arch_mlp_bot") ?? throw new ProfileException("The configuration has no 'arch_mlp_bot': the widths of the network below.");
        var above = List(config, "arch_mlp_top") ?? throw new ProfileException("The configuration has no 'arch_mlp_top': the widths of the network on top.");
        if (tables.Count == 0 || below.Count < 2 || above.Count == 0) throw new ProfileException("DLRM needs at least one table, two widths below and one on top.");
        if (below[^1] != dim) throw new ProfileException($"The network below ends with {below[^1]} numbers, but rows have {dim}: they could not be multiplied.");
        var lookups = config.FindWhole("num_indices_per_lookup") ?? 1;
        if (lookups is < 1 or > ProfileLimits.MaxDimension) throw new ProfileException($"{lookups} look-ups per table cannot be.");
        var features = tables.Count + 1L;
        var isDot = (config.FindText("arch_interaction_op") ?? "dot") == "dot";
        var weights = new WeightLedger();
        foreach (var rows in tables) weights.LookUp(rows, dim);
        Layers(weights, below);
        // All pairs of features, and the dense ones again; or everything side by side.
        Layers(weights, [isDot ? checked(features * (features - 1) / 2 + dim) : checked(features * dim), .. above]);
        var networks = weights.MatrixWeights;
        if (isDot) weights.AddMacs(checked(features * features * dim));
        var looked = checked(tables.Count * lookups * dim);
        return new()
        {
            Family = ModelFamily.Recommendation, ModelType = Type, Weights = weights, Shape = new() { Layers = below.Count - 1 + above.Count, Hidden = dim, Vocabulary = tables.Aggregate(0L, (sum, rows) => checked(sum + rows)) },
            Notices = [$"{tables.Count} tables with {tables.Aggregate(0L, (sum, rows) => checked(sum + rows)):N0} rows; a sample looks up {checked(tables.Count * lookups):N0} of them, so memory holds far more than a step reads."],
            Work = new()
            {
                Unit = WorkUnit.Input, FlopPerUnit = 2.0 * weights.Macs, CallWeights = networks, LookUpElements = looked,
                ActivationElements = (double)looked + below.Sum() + above.Sum(), PeakActivationElements = (double)looked + features * features + Math.Max(below.Max(), above.Max()) * 2.0,
            },
        };
    }

    static void Layers(WeightLedger weights, IReadOnlyList<long> widths)
    {
        for (var i = 1; i < widths.Count; i++)
        {
            weights.Matrix(Component.FeedForward, widths[i - 1], widths[i]);
            weights.Vector(Component.FeedForward, widths[i]);
        }
    }

    /// <summary>A list of numbers, or the reference program's way of writing one: 512-256-64.</summary>
    static IReadOnlyList<long>? List(ModelConfig config, string key)
    {
        if (config.FindWholes(key) is { } numbers) return numbers;
        if (config.FindText(key) is not { } text) return null;
        var list = new List<long>();
        foreach (var part in text.Split('-'))
            list.Add(long.TryParse(part, System.Globalization.NumberStyles.None, null, out var number) && number <= ProfileLimits.MaxDimension ? number
                : throw new ProfileException($"'{key}' must be numbers with hyphens between them."));
        return list;
    }
}

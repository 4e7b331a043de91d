namespace ModelZoo.Learning.Merging;

/// <summary>
/// Methods by the names that people type, with the defaults of this project's reference (a configuration in mergekit's form keeps mergekit's, see
/// <see cref="MergeConfiguration"/>).
/// </summary>
public static class MergeMethods
{
    /// <summary>Adapters by their products: with each other, and into a base where one is given.</summary>
    public const string Lora = "lora";

    static readonly Dictionary<string, string[]> s_parameters = new(StringComparer.Ordinal)
    {
        ["uniform"] = [], ["weighted"] = [], ["greedy"] = ["strict"], ["learned"] = ["per_tensor", "epochs"], ["wise-ft"] = ["alpha"], ["ema"] = ["beta"],
        ["task_arithmetic"] = ["lambda", "normalize"], ["slerp"] = ["t"], ["ties"] = ["lambda", "density", "normalize"],
        ["dare_linear"] = ["lambda", "density", "normalize", "l1"], ["dare_ties"] = ["lambda", "density", "normalize", "l1"],
        ["breadcrumbs"] = ["lambda", "density", "gamma", "normalize"], ["breadcrumbs_ties"] = ["lambda", "density", "gamma", "normalize"],
        ["della"] = ["lambda", "density", "epsilon", "normalize"], ["della_linear"] = ["lambda", "density", "epsilon", "normalize"],
        ["model_stock"] = ["per_row"], ["karcher"] = ["max_iterations"], [Lora] = ["rank", "strength"],
    };

    public static IReadOnlyList<string> Names { get; } = [.. s_parameters.Keys];

    /// <summary>Whether the method chooses by validation scores, so that it needs members whose data is at hand.</summary>
    public static bool NeedsScores(string name) => name is "greedy" or "learned";

    public static bool NeedsBase(string name) => name is not ("greedy" or "learned" or Lora) && Of(name, new Dictionary<string, double>(), 0).NeedsBase;

    /// <summary>Refuses names and parameters that there are not.</summary>
    /// <exception cref="MergeException">Says what there is instead.</exception>
    public static void Check(string name, IReadOnlyDictionary<string, double> parameters)
    {
        if (!s_parameters.TryGetValue(name, out var known)) throw new MergeException($"'{Shown(name)}' is no method; there are {string.Join(", ", Names)}.");
        foreach (var (key, value) in parameters)
        {
            if (!known.Contains(key)) throw new MergeException($"{name} has no parameter '{Shown(key)}'; {(known.Length == 0 ? "it has none" : $"it has {string.Join(", ", known)}")}.");
            if (!double.IsFinite(value)) throw new MergeException($"'{key}' is no finite number.");
        }
        if (parameters.TryGetValue("density", out var density) && density is not (> 0 and <= 1)) throw new MergeException("A density lies above 0 and up to 1.");
        if (parameters.TryGetValue("beta", out var beta) && beta is not (>= 0 and < 1)) throw new MergeException("β lies between 0 and 1.");
        if (parameters.TryGetValue("gamma", out var gamma) && gamma is not (>= 0 and < 1)) throw new MergeException("γ lies between 0 and 1.");
        if (parameters.TryGetValue("epsilon", out var epsilon) && epsilon is not (>= 0 and <= 1)) throw new MergeException("ε lies between 0 and 1.");
        if (parameters.TryGetValue("rank", out var rank) && rank is not (>= 1 and <= 10_000)) throw new MergeException("A rank lies between 1 and 10,000.");
        if (parameters.TryGetValue("epochs", out var epochs) && epochs is not (>= 1 and <= 100)) throw new MergeException("epochs lie between 1 and 100.");
        if (parameters.TryGetValue("max_iterations", out var rounds) && rounds is not (>= 1 and <= 10_000)) throw new MergeException("max_iterations lies between 1 and 10,000.");
    }

    /// <summary>The method; greedy and learned soups end as an average.</summary>
    /// <param name="seed">For methods that drop at random.</param>
    public static MergeMethod Of(string name, IReadOnlyDictionary<string, double> parameters, ulong seed)
    {
        Check(name, parameters);
        if (name == Lora) throw new MergeException("Adapters are merged by their products, not tensor by tensor.");
        var lambda = Number("lambda", 1);
        return name switch
        {
            "wise-ft" => new Interpolation(Number("alpha", 0.5)),
            "ema" => new MovingAverage(Number("beta", 0.9)),
            "task_arithmetic" => new TaskArithmetic(lambda, Flag("normalize", false)),
            "slerp" => new Slerp(Number("t", 0.5)),
            "ties" => new Ties(lambda, Flag("normalize", true)),
            "dare_linear" => new Dare(lambda, false, Flag("normalize", false), Flag("l1", false) ? Rescale.L1 : Rescale.Inverse, seed),
            "dare_ties" => new Dare(lambda, true, Flag("normalize", true), Flag("l1", false) ? Rescale.L1 : Rescale.Inverse, seed),
            "breadcrumbs" or "breadcrumbs_ties" => new Breadcrumbs(Number("gamma", 0.01), lambda, name == "breadcrumbs_ties", Flag("normalize", name == "breadcrumbs_ties")),
            "della" or "della_linear" => new Della(Number("epsilon", 0.15), lambda, name == "della", Flag("normalize", name == "della"), seed),
            "model_stock" => new ModelStock(Flag("per_row", false)),
            "karcher" => new Karcher((int)Number("max_iterations", 100)),
            _ => new Average(),
        };

        double Number(string key, double otherwise) => parameters.GetValueOrDefault(key, otherwise);

        bool Flag(string key, bool otherwise) => Number(key, otherwise ? 1 : 0) != 0;
    }

    static string Shown(string text) => text.Length > 60 ? text[..60] + "…" : text;
}

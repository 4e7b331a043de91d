using System.Text.RegularExpressions;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// What one file of a training program holds: a model's tensors, and beside them often the optimiser's state and a moving average, in a dictionary of
/// dictionaries whose names differ from program to program.
/// </summary>
/// <param name="Wrapper">The name under which the model's tensors lay; null where they lay at the top.</param>
/// <param name="OptimizerValues">Numbers and words of the optimiser (learning rates, step counts), by the path to them.</param>
sealed partial record CheckpointParts(IReadOnlyList<TensorContent> Model, IReadOnlyList<TensorContent> Optimizer, IReadOnlyList<TensorContent> Average, string? Wrapper, IReadOnlyDictionary<string, string> OptimizerValues)
{
    /// <summary>In the order in which they are looked for: PyTorch's tutorial, Lightning and timm, torchvision's references, then older habits.</summary>
    static readonly string[] s_models = ["model_state_dict", "state_dict", "model", "net", "network", "module"];
    static readonly string[] s_averages = ["state_dict_ema", "model_ema", "model_ema_state_dict", "ema_state_dict", "ema"];

    /// <summary>Top names of plain values that no model has, so that <c>model.</c> before others is a wrapper and not the beginning of names.</summary>
    static readonly HashSet<string> s_beside = new(StringComparer.Ordinal)
    {
        "optimizer", "optimizer_state_dict", "optimizers", "optimizer_states", "optim", "opt", "epoch", "epochs", "step", "global_step", "iteration", "iter", "lr_scheduler", "lr_schedulers", "scheduler", "scheduler_state_dict", "scaler", "amp", "amp_scaler",
        "args", "config", "hyper_parameters", "arch", "best_acc", "best_acc1", "best_prec1", "acc", "loss", "metric", "version", "rng_state", "callbacks", "loops", "pytorch-lightning_version", "train_loss", "test_loss", "val_loss",
    };

    /// <summary>Further parts with tensors, by name, that are no part of the model.</summary>
    public IReadOnlyList<string> Others { get; private init; } = [];

    public bool HasOptimizer => Optimizer.Count > 0 || OptimizerValues.Count > 0;

    public static CheckpointParts Of(WeightFile file, IReadOnlyList<TensorContent> tensors)
    {
        // Other formats hold names and nothing else.
        if (file.Format is not (WeightFormat.PyTorchZip or WeightFormat.PyTorchLegacy or WeightFormat.Pickle)) return new(tensors, [], [], null, new Dictionary<string, string>());
        var (optimizer, rest) = (new List<TensorContent>(), new List<TensorContent>());
        foreach (var tensor in tensors)
            if (OptimizerState().Match(tensor.Name) is { Success: true } match) optimizer.Add(tensor with { Name = $"{match.Groups[1].Value}{tensor.Name[match.Length..]}" });
            else rest.Add(tensor);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, value) in file.Metadata)
            if (OptimizerValue().Match(path) is { Success: true } match && value is not MetadataValue.Series { Items: null }) values[$"{match.Groups[1].Value}{path[match.Length..]}"] = value.ToString()!;
        // A model may have parts of any name; only what no model has says that there is a program's dictionary around it.
        var isWrapped = optimizer.Count > 0 || values.Count > 0 || file.Metadata.Keys.Any(name => s_beside.Contains(Root(name)));
        // These two are never the beginning of a model's own names.
        var wrapper = s_models.FirstOrDefault(name => (isWrapped || name is "model_state_dict" or "state_dict") && rest.Exists(tensor => Below(tensor.Name, name)));
        if (wrapper is null) return new(rest, optimizer, [], null, values);
        var average = s_averages.FirstOrDefault(name => rest.Exists(tensor => Below(tensor.Name, name)));
        var others = rest.Select(tensor => Root(tensor.Name)).Where(root => root != wrapper && root != average).Distinct().Order(StringComparer.Ordinal).ToList();
        return new(Inside(rest, wrapper), optimizer, average is null ? [] : Inside(rest, average), wrapper, values) { Others = others };
    }

    static List<TensorContent> Inside(List<TensorContent> tensors, string root) => [.. tensors.Where(tensor => Below(tensor.Name, root)).Select(tensor => tensor with { Name = tensor.Name[(root.Length + 1)..] })];

    static bool Below(string name, string root) => name.Length > root.Length + 1 && name[root.Length] == '.' && name.StartsWith(root, StringComparison.Ordinal);

    static string Root(string name) => name.IndexOf('.', StringComparison.Ordinal) is > 0 and var at ? name[..at] : name;

    /// <summary>torch.optim: <c>state</c> by number of the parameter. Programs with several optimisers number those first.</summary>
    [GeneratedRegex(@"^(?:optimizer|optimizer_state_dict|optimizers|optimizer_states|optim|opt)\.((?:\d+\.)?state\.)(?=\d)")]
    private static partial Regex OptimizerState();

    [GeneratedRegex(@"^(?:optimizer|optimizer_state_dict|optimizers|optimizer_states|optim|opt)\.((?:\d+\.)?(?:state\.(?=\d)|param_groups\.))")]
    private static partial Regex OptimizerValue();
}

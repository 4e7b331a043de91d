using ModelZoo.Learning.Models;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.Blueprints;

/// <summary>
/// What will really happen, next to what was asked for: settings without effect are left out, what follows from the data is filled in, and what
/// cannot be is refused. A population that records only requests is wrong about itself (two published ones are).
/// </summary>
sealed class EffectiveSettings(Blueprint blueprint, BlueprintStage stage, Settings requested, ulong seed, ParentState? parent, Func<BlueprintDataset, DatasetFacts?> facts)
{
    readonly Settings _settings = new(requested);
    readonly List<string> _remarks = [];

    public Settings Settings => _settings;

    public IReadOnlyList<string> Remarks => _remarks;

    public ulong HeadSeed { get; private set; }

    public Architecture Architecture { get; private set; } = null!;

    public HeadShape? Head { get; private set; }

    public BlueprintDataset Dataset { get; private set; } = null!;

    public DatasetFacts? Facts { get; private set; }

    public EffectiveSettings Resolve()
    {
        if (_settings["dataset"] is not string dataset) throw Wrong("dataset", "the stage names no data set.");
        Dataset = blueprint.Datasets[dataset];
        Facts = Dataset.KnownFacts ?? facts(Dataset);
        ResolveArchitecture();
        ResolveObjective();
        ResolveHead();
        ResolveTraining();
        return this;
    }

    void ResolveArchitecture()
    {
        var name = _settings["architecture"] as string;
        if (parent is not null)
        {
            if (name is not null) Inherit(blueprint.Architectures[name]);
            foreach (var path in requested.Paths.Where(path => path.StartsWith("architecture.", StringComparison.Ordinal)).ToList())
                if (CanonicalJson.Write(requested[path]) != CanonicalJson.Write(parent.Member.Effective[path]))
                    throw Wrong(path, $"a stage that starts from another shares its backbone, whose {path} is {CanonicalJson.Write(parent.Member.Effective[path])}.");
            foreach (var path in parent.Member.Effective.Paths.Where(path => path.StartsWith("architecture.", StringComparison.Ordinal))) _settings.Set(path, parent.Member.Effective[path]!);
            Architecture = parent.Member.Architecture;
        }
        else
        {
            if (name is null) throw Wrong("architecture", "the stage starts from nothing and names no architecture.");
            foreach (var path in blueprint.Architectures[name].Paths)
                if (!_settings.IsSet(path)) _settings.Set(path, blueprint.Architectures[name][path]!);
            Architecture = ArchitectureReader.Read(_settings, (path, problem) => Wrong(path, problem));
            foreach (var path in ArchitectureReader.Unused(Architecture.Family).Where(_settings.IsSet)) Drop(path, $"a {_settings.Word("architecture.family")} has none");
        }
        _settings.Remove("architecture");
        if (Facts is { Image: { } side } && side != Architecture.Image) throw Wrong("dataset", $"the images of '{Dataset.Name}' have a side of {side}, the architecture expects {Architecture.Image}.");
        if (Facts is { Channels: { } channels } && channels != Architecture.Channels) throw Wrong("dataset", $"the images of '{Dataset.Name}' have {channels} channels, the architecture expects {Architecture.Channels}.");
    }

    void Inherit(Settings named)
    {
        foreach (var path in named.Paths)
            if (CanonicalJson.Write(named[path]) != CanonicalJson.Write(parent!.Member.Effective[path]))
                throw Wrong("architecture", $"a stage that starts from another shares its backbone; {path} differs from that of {parent.Member.Id}.");
    }

    void ResolveObjective()
    {
        var contrastive = _settings.Word("objective.kind") == "contrastive";
        var loss = contrastive ? "info_nce" : "cross_entropy";
        if (_settings["objective.loss"] is string asked && asked != loss) throw Wrong("objective.loss", $"a {_settings.Word("objective.kind")} stage uses {loss}.");
        _settings.Set("objective.loss", loss);
        if (contrastive)
        {
            Drop("train.label_smoothing", "a contrastive loss has no labels to smooth");
            if (_settings.Whole("train.batch") < 2) throw Wrong("train.batch", "a contrastive stage compares samples of a batch and needs at least 2.");
            if (_settings.Texts("train.augment").Count > 0) throw Wrong("train.augment", "a contrastive stage makes its views by objective.views.");
        }
        else
        {
            Drop("objective.temperature", "a supervised loss has none");
            Drop("objective.views", "a supervised stage compares no views");
        }
    }

    void ResolveHead()
    {
        var contrastive = _settings.Word("objective.kind") == "contrastive";
        int? classes = Facts?.Classes;
        if (_settings["head.out"] is long asked)
        {
            if (!contrastive && classes is { } known && known != asked) throw Wrong("head.out", $"'{Dataset.Name}' has {known} classes; a supervised head has as many outputs.");
            classes = (int)asked;
        }
        else if (contrastive) throw Wrong("head.out", "a contrastive stage must say how wide its projection is.");
        if (classes is { } outputs) _settings.Set("head.out", (long)outputs);
        var kind = _settings.Word("head.kind") == "mlp" ? HeadKind.Mlp : HeadKind.Linear;
        if (kind == HeadKind.Linear) Drop("head.hidden", "a linear head has no hidden layer");
        Head = classes is { } width ? new(kind, kind == HeadKind.Mlp ? _settings.Whole("head.hidden") : 0, width) : null;
        HeadSeed = _settings["head.seed"] switch
        {
            long number => (ulong)number,
            "shared" => Fnv1a64.Hash($"head/{stage.Name}") >> 32 ^ blueprint.Seed,
            _ => seed,
        };
        if (_settings["head.seed"] is not "per-member") _settings.Set("head.seed", (long)HeadSeed);
        if (parent is null) Drop("head.probe_first", "a stage that starts from nothing has no backbone to fit a head on");
        else if (_settings.Word("train.freeze") == "backbone") Drop("head.probe_first", "the backbone is frozen throughout");
    }

    void ResolveTraining()
    {
        if (_settings["train.epochs"] is null) throw Wrong("train.epochs", "the stage does not say for how many epochs it trains.");
        var optimizer = OptimizerKinds.Parse(_settings.Word("train.optimizer"));
        if (optimizer.HasSecondMoments()) Drop("train.momentum", $"{optimizer.Title()} has its own");
        if (Architecture.Family == Family.Cnn && Architecture.Hidden.Count == 1 && _settings.Word("head.kind") == "linear") Drop("train.dropout", "behind the only convolution a linear head follows, and nothing between them is dropped");
        if (_settings.Word("train.schedule") == "one-cycle") Drop("train.warmup_steps", "one-cycle warms up by itself");
        if (_settings.Word("train.freeze") == "backbone" && parent is null) throw Wrong("train.freeze", "a backbone that starts from nothing cannot be frozen.");
        var augment = _settings.Texts("train.augment").Select(text => Augmentation.Parse(text, problem => Wrong("train.augment", problem)).ToString()).ToArray<object>();
        if (augment.Length > 0) _settings.Set("train.augment", augment);
        if (Facts is { } data && _settings.Whole("train.batch") > data.TrainCount)
            throw Wrong("train.batch", $"a batch of {_settings.Whole("train.batch")} is more than the {data.TrainCount} samples of '{Dataset.Name}'; no step would be made.");
        if (Facts is { } set && set.TrainCount % _settings.Whole("train.batch") is > 0 and var rest) _remarks.Add($"The last {rest} of {set.TrainCount} samples of each epoch's order fill no batch and are left out.");
    }

    void Drop(string path, string reason)
    {
        if (_settings.IsSet(path) && !_settings.IsDefault(path)) _remarks.Add($"{path} has no effect: {reason}.");
        _settings.Remove(path);
    }

    RecipeException Wrong(string path, string problem) => requested.Wrong(path, stage.Place, problem);
}

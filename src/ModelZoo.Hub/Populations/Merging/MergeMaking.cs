using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Kernel;
using ModelZoo.Inference.Adapters;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>A merge before its bytes are computed, with what its recipe says beside the request.</summary>
/// <param name="FileName">Of its weights.</param>
/// <param name="Extra">Small files that come with it instead of those of a source: a member's configuration, an adapter's.</param>
sealed record MadeMerge(IReadOnlyList<TensorContent> Tensors, string FileName, IReadOnlyDictionary<string, JsonObject> Extra, IReadOnlyList<string> Remarks, JsonObject Facts)
{
    /// <summary>A head that came with an adapter, for the configuration.</summary>
    public MergedHead? Head { get; init; }
}

/// <summary>Carries out a merge on opened models: looks at whether they fit, chooses where the method chooses, and scores members.</summary>
static class MergeMaking
{
    /// <summary>Pairs of models that are looked at; more would read them more often than the merge itself.</summary>
    public const int MostPaired = 16;

    /// <summary>Of larger models, tensors taken evenly are compared.</summary>
    public const long MostComparedBytes = 512 << 20;

    /// <summary>What is compared before: the models; and what is moved towards its base, with the base.</summary>
    public static IReadOnlyList<OpenedSource> Compared(MergeWork work, OpenedSources sources) => work.Method == "wise-ft" ? [.. sources.All] : sources.Models;

    public static async Task<MadeMerge> MakeAsync(MergeWork work, OpenedSources sources, IReadOnlyList<MergeAdvice> advice, MemberScorer? scorer, string? noScorer, Action<string> report, CancellationToken stop)
    {
        if (work.Method == MergeMethods.Lora) return await AdaptersAsync(work, sources, stop);
        if (MergeMethods.NeedsScores(work.Method) && scorer is null) throw new MergeException($"A {work.Method} soup looks at validation scores, which cannot be measured here: {noScorer}.");
        var facts = new JsonObject { ["advice"] = new JsonArray([.. advice.Select(pair => (JsonNode)pair.ToJson())]) };
        var inputs = Weighed(work, sources);
        // A greedy soup keeps only what helps, so a pair that does not fit does no harm there.
        // A configuration says what its author saw elsewhere; it is refused only for a barrier that was measured.
        if (work.Method != "greedy" && !work.Force && advice.FirstOrDefault(pair => pair.Verdict == Averageability.No && (work.Configuration is null || pair.AccuracyBarrier is not null)) is { } bad)
            throw new MergeException($"'{bad.First}' and '{bad.Second}' cannot be averaged: {string.Join(" ", bad.Reasons)} \"force\" does it all the same; a greedy soup keeps what helps.");
        MergedModel merged;
        if (work.Configuration is { } yaml)
        {
            var configuration = MergeConfiguration.Parse(yaml);
            MergeTokenizers.Require(configuration, sources);
            merged = ConfiguredMerge.Run(configuration, sources.All.ToDictionary(source => source.Work.Name, source => source.Tensors, StringComparer.Ordinal), work.Seed, work.SkipMismatch);
        }
        else if (work.Method == "learned")
        {
            report("learning the weights");
            var parameters = new List<float[]>();
            foreach (var input in inputs) parameters.Add(await scorer!.ReadAsync(input.Tensors, stop));
            var soup = scorer!.Learn(parameters, work.Parameters.GetValueOrDefault("per_tensor") != 0, stop, (int)work.Parameters.GetValueOrDefault("epochs", 5));
            facts["learned"] = soup.ToJson();
            merged = scorer.ToModel(soup.Parameters);
        }
        else
        {
            if (work.Method == "greedy")
            {
                report("choosing by validation accuracy");
                var scored = new List<(MergeInput, double)>();
                foreach (var input in inputs) scored.Add((input, (await scorer!.ValidateAsync(new(input.Tensors, []), stop)).Accuracy));
                var selection = await GreedySelection.ChooseAsync(scored, async (soup, halt) => (await scorer!.ValidateAsync(soup, halt)).Accuracy, stop, work.Parameters.GetValueOrDefault("strict") != 0);
                inputs = [.. selection.Kept];
                facts["greedy"] = selection.ToJson();
            }
            merged = Merger.Merge(inputs, sources.Origin?.ToInput(), MergeMethods.Of(work.Method, work.Parameters, work.Seed), new(work.Type is { } type ? DType.Find(type) : null, work.SkipMismatch));
        }
        return await AsModelAsync(work, sources, merged, scorer, facts, report, stop);
    }

    /// <summary>Members become a model as others load it, with scores; everything else keeps its names.</summary>
    static async Task<MadeMerge> AsModelAsync(MergeWork work, OpenedSources sources, MergedModel merged, MemberScorer? scorer, JsonObject facts, Action<string> report, CancellationToken stop)
    {
        var first = sources.Models[0];
        if (first.State is not var (_, member, _) || member.Card is not { Architecture: { } model, Head: { } head } || work.Configuration is not null) return new(merged.Tensors, "model.safetensors", new Dictionary<string, JsonObject>(), merged.Remarks, facts);
        var parameters = await MemberScorer.ReadAsync(ParameterLayout.Of(model, head), merged.Tensors, stop);
        if (scorer is not null)
        {
            report("scoring");
            var each = new List<float[]>();
            foreach (var source in sources.Models) each.Add(await scorer.ReadAsync(source.Tensors, stop));
            var isOneMember = sources.Models.All(source => source.State is var (_, other, _) && other.Id == member.Id);
            var scored = SoupReport.Make(scorer, parameters, each, isOneMember, stop);
            (facts["scores"], facts["verdict"]) = (scored.Scores, scored.Verdict);
        }
        var exported = MemberModel.Of(model, head, parameters);
        var extra = new Dictionary<string, JsonObject> { ["config.json"] = exported.Config };
        if (exported.Preprocessor is { } preprocessor) extra["preprocessor_config.json"] = preprocessor;
        return new(exported.Tensors, "model.safetensors", extra, [.. merged.Remarks, .. exported.Remarks], facts);
    }

    static async Task<MadeMerge> AdaptersAsync(MergeWork work, OpenedSources sources, CancellationToken stop)
    {
        var adapters = new List<(LoraAdapter, double)>();
        JsonElement? config = null;
        for (var i = 0; i < sources.Models.Count; i++)
        {
            var source = sources.Models[i];
            using var document = JsonDocument.Parse(await MergeFiles.ReadTextAsync(source, LoraAdapter.ConfigFile, stop) ?? throw new MergeException($"'{source.Name}' is no adapter: it has no {LoraAdapter.ConfigFile}."));
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new MergeException($"{LoraAdapter.ConfigFile} of '{source.Name}' is no object.");
            config ??= document.RootElement.Clone();
            var adapter = await LoraAdapter.ReadAsync(source.Name, document.RootElement, source.Tensors, stop);
            adapters.Add((adapter with { Labels = (await ZooFile.ReadAsync(source.Tree, stop)).Labels }, work.Weights?[i] ?? 1));
        }
        var rank = work.Parameters.TryGetValue("rank", out var asked) ? (int)asked : (int?)null;
        if (sources.Origin is not { } origin)
        {
            var joined = LoraMerger.Combine(adapters, rank);
            var extra = new Dictionary<string, JsonObject> { [LoraAdapter.ConfigFile] = joined.ToConfig(config!.Value) };
            // JSON is YAML.
            if (joined.Labels.Count > 0) extra[ZooFile.Name] = new() { ["labels"] = new JsonArray([.. joined.Labels.Select(label => (JsonNode)label)]) };
            return new(joined.ToTensors(), LoraAdapter.WeightsFile, extra, [], []);
        }
        var merged = LoraMerger.IntoBase(origin.Tensors, LoraMerger.Combine(adapters, rank), work.Parameters.GetValueOrDefault("strength", 1), work.Type is { } type ? DType.Find(type) : null);
        return new(merged.Tensors, "model.safetensors", new Dictionary<string, JsonObject>(), merged.Remarks, []) { Head = merged.Head };
    }

    static List<MergeInput> Weighed(MergeWork work, OpenedSources sources)
    {
        var weights = work.Weights is null ? null : work.Sources.Select((source, i) => (source.Name, Weight: work.Weights[i])).ToDictionary(pair => pair.Name, pair => pair.Weight, StringComparer.Ordinal);
        TensorParameter density = work.Parameters.GetValueOrDefault("density", 1);
        return [.. sources.Models.Select(source => source.ToInput() with { Weight = weights?[source.Work.Name] ?? 1, Density = density })];
    }
}

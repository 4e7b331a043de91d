using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Cli.Populations;
using ModelZoo.Client;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo merge CONFIG.yaml --out DIR`: merges as mergekit's configurations describe them, streamed tensor by tensor.</summary>
static class MergeCommand
{
    const int MaxBytes = 4 << 20;

    public static Command Build()
    {
        var configuration = new Argument<FileInfo>("CONFIG") { Description = "A YAML file as mergekit takes it; models are folders, files, owner/name[@revision] or POPULATION#MEMBER[@EPOCH]" };
        var output = new Option<string?>("--out") { Description = "The folder to write", HelpName = "DIR" };
        var seed = new Option<ulong>("--seed") { Description = "For methods that drop at random; the same seed gives the same bytes" };
        var shard = new Option<string?>("--max-shard-size") { Description = "Write several files of at most so much, such as 5GB" };
        var check = new Option<bool>("--no-check") { Description = "Do not look at the models before" };
        var skip = new Option<bool>("--skip-mismatch") { Description = "Copy tensors that do not fit from the first model" };
        var force = new Option<bool>("--force") { Description = "Merge what cannot be averaged" };
        var command = new Command("merge", "Merge models as a configuration says") { configuration, output, seed, shard, check, skip, force, HubCall.Json };
        HubMerge.AddTo(command);
        return LocalCall.On(command, async call =>
        {
            var file = call.Get(configuration);
            if (!file.Exists) throw new UsageException($"There is no '{file}'.");
            if (file.Length > MaxBytes) throw new UsageException($"'{file}' is longer than any configuration.");
            var text = await File.ReadAllTextAsync(file.FullName, call.Stop);
            var parsed = MergeConfiguration.Parse(text);
            if (call.Get(HubMerge.OnHub))
            {
                await HubMerge.RunAsync(call, new MergeRequest { Configuration = text, Seed = (long)(call.Get(seed) & long.MaxValue), SkipMismatch = call.Get(skip), Force = call.Get(force) });
                return;
            }
            if (call.Get(output) is null && !call.Get(HubMerge.Check)) throw new UsageException("--out DIR says where the result goes.");
            var sources = await MergeSource.OpenAsync(call, parsed.Models);
            try
            {
                if (sources.Count != parsed.Models.Count) throw new UsageException("A configuration names single states, not ranges of epochs.");
                await RunAsync(call, parsed, text, sources, call.Get(seed), call.Get(shard) is { } size ? ConvertCommand.ParseSize(size) : null, call.Get(check), call.Get(skip), call.Get(HubMerge.Check) ? null : call.Get(output));
            }
            finally
            {
                foreach (var source in sources) source.Dispose();
            }
        });
    }

    static async Task RunAsync(LocalCall call, MergeConfiguration configuration, string text, IReadOnlyList<MergeSource> sources, ulong seed, long? maxShardBytes, bool skipCheck, bool skipMismatch, string? folder)
    {
        IReadOnlyList<MergeAdvice> advice = [];
        if (!skipCheck)
        {
            await MergeDisplay.RequireFiniteAsync(sources, call.Stop);
            // What is cut out of models by layers is not compared whole.
            if (sources.Count is > 1 and <= MergeDisplay.MostModels && configuration.Slices.All(slice => slice.Sources.All(source => source.FirstLayer is null)))
                advice = await MergeAdvice.AssessAsync([.. sources.Select(source => source.ToInput())], null, call.Stop);
            MergeDisplay.Say(call.Screen, advice);
        }
        if (folder is null)
        {
            var worst = advice.Count > 0 ? MergeAdvice.Word(advice.Max(pair => pair.Verdict)) : "not looked at";
            if (call.Screen.IsJson) call.Screen.Json(new { verdict = worst, pairs = new JsonArray([.. advice.Select(pair => (JsonNode)pair.ToJson())]) });
            else call.Screen.Line(worst);
            return;
        }
        MergeDisplay.RequireTokenizer(configuration, sources);
        var models = configuration.Models.Zip(sources).ToDictionary(pair => pair.First, pair => pair.Second.Tensors, StringComparer.Ordinal);
        var merged = ConfiguredMerge.Run(configuration, models, seed, skipMismatch);
        var recipe = new JsonObject
        {
            ["kind"] = "merge", ["method"] = configuration.Method, ["base"] = configuration.BaseModel, ["inputs"] = MergeDisplay.ToJson(configuration.Models), ["seed"] = seed, ["configuration"] = text,
            ["advice"] = new JsonArray([.. advice.Select(pair => (JsonNode)pair.ToJson())]), ["remarks"] = MergeDisplay.ToJson(merged.Remarks), ["program"] = PopulationStore.Code,
        };
        var files = await MergeDisplay.WriteAsync(call, folder, merged, sources[0], recipe, maxShardBytes, configuration.TokenizerModel is { } tokens && configuration.Models.ToList().IndexOf(tokens) is >= 0 and var at ? sources[at] : null);
        await MergeDisplay.WriteCardAsync(folder, "Merge", configuration.Method, sources, text, merged.Remarks, call.Stop);
        if (call.Screen.IsJson) call.Screen.Json(recipe);
        else
        {
            foreach (var remark in merged.Remarks) call.Screen.Line(remark);
            call.Screen.Line($"{merged.Tensors.Count} tensors, {Screen.Size(merged.Tensors.Sum(tensor => tensor.ByteLength))}, in {files.Count} {(files.Count == 1 ? "file" : "files")} of {folder}");
        }
    }
}

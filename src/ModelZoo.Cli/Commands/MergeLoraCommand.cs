using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Cli.Populations;
using ModelZoo.Client;
using ModelZoo.Inference.Adapters;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo merge-lora A B --out DIR`: adapters in PEFT's files, merged by their products: with each other, and into their base.</summary>
static class MergeLoraCommand
{
    const int MaxConfig = 1 << 20;

    public static Command Build()
    {
        var adapters = new Argument<string[]>("ADAPTER") { Description = $"Folders or repositories with {LoraAdapter.ConfigFile} and {LoraAdapter.WeightsFile}", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--out") { Description = "The folder to write", HelpName = "DIR" };
        var origin = new Option<string?>("--base") { Description = "Merge them into this model; without it they become one adapter", HelpName = "MODEL" };
        var weights = new Option<string?>("--weights") { Description = "How much each adapter counts, such as 0.7,0.3; modules that several save become their mean with these weights", HelpName = "LIST" };
        var rank = new Option<int?>("--rank") { Description = "Cut the result to this rank by singular values [default: all ranks side by side]" };
        var strength = new Option<double>("--strength") { Description = "With a base: how much of the adapters is added", DefaultValueFactory = _ => 1 };
        var command = new Command("merge-lora", "Merge low-rank adapters, with each other or into a model") { adapters, output, origin, weights, rank, strength, HubCall.Json };
        HubMerge.AddTo(command);
        return LocalCall.On(command, async call =>
        {
            var counts = call.Get(weights)?.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw new UsageException($"'{part}' is no weight.")).ToList();
            if (counts is not null && counts.Count != call.Get(adapters).Length) throw new UsageException($"There are {counts.Count} weights for {call.Get(adapters).Length} adapters.");
            if (call.Get(rank) is < 1) throw new UsageException("--rank is at least 1.");
            if (call.Get(HubMerge.OnHub))
            {
                var parameters = new Dictionary<string, double> { ["strength"] = call.Get(strength) };
                if (call.Get(rank) is { } cut) parameters["rank"] = cut;
                await HubMerge.RunAsync(call, new MergeRequest { Sources = call.Get(adapters), Method = MergeMethods.Lora, Base = call.Get(origin), Weights = counts, Parameters = parameters });
                return;
            }
            await RunAsync(call, call.Get(adapters), call.Get(origin), counts, call.Get(rank), call.Get(strength), call.Get(output) ?? throw new UsageException("--out DIR says where the result goes."));
        });
    }

    static async Task RunAsync(LocalCall call, string[] names, string? origin, List<double>? weights, int? rank, double strength, string folder)
    {
        var opened = new List<MergeSource>();
        try
        {
            var read = new List<(LoraAdapter, double)>();
            JsonElement? config = null;
            for (var i = 0; i < names.Length; i++)
            {
                var source = await MergeSource.OpenAdapterAsync(call, names[i]);
                opened.Add(source);
                var path = Path.Combine(source.Folder!, LoraAdapter.ConfigFile);
                if (!File.Exists(path) || new FileInfo(path).Length > MaxConfig) throw new UsageException($"'{names[i]}' is no adapter: it has no {LoraAdapter.ConfigFile}.");
                using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(path, call.Stop));
                if (document.RootElement.ValueKind != JsonValueKind.Object) throw new UsageException($"{LoraAdapter.ConfigFile} of '{names[i]}' is no object.");
                config ??= document.RootElement.Clone();
                await FiniteNumbers.RequireAsync(source.Name, source.Tensors, "", call.Stop);
                var adapter = await LoraAdapter.ReadAsync(source.Name, document.RootElement, source.Tensors, call.Stop);
                read.Add((adapter with { Labels = (await ZooFile.ReadAsync(new FolderFiles(source.Folder!), call.Stop)).Labels }, weights?[i] ?? 1));
            }
            var joined = LoraMerger.Combine(read, rank);
            IReadOnlyList<string> remarks = [];
            var recipe = new JsonObject
            {
                ["kind"] = "merge", ["method"] = MergeMethods.Lora, ["base"] = origin, ["inputs"] = new JsonArray([.. names.Select((name, i) => (JsonNode)new JsonObject { ["model"] = name, ["weight"] = weights?[i] ?? 1 })]), ["rank"] = joined.Rank,
                ["strength"] = origin is null ? null : strength, ["saved_modules"] = new JsonArray([.. joined.Saved.Keys.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]), ["program"] = PopulationStore.Code,
            };
            if (origin is null)
            {
                await SafetensorsModel.WriteAsync(Path.Combine(folder, LoraAdapter.WeightsFile), joined.ToTensors(), new Dictionary<string, string> { ["format"] = "pt" }, null, null, call.Stop);
                await File.WriteAllTextAsync(Path.Combine(folder, LoraAdapter.ConfigFile), joined.ToConfig(config!.Value).ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n", call.Stop);
                if (joined.Labels.Count > 0) await File.WriteAllTextAsync(Path.Combine(folder, ZooFile.Name), $"labels: {JsonSerializer.Serialize(joined.Labels)}\n", call.Stop);
                await MergeDisplay.WriteRecipeAsync(folder, recipe, call.Stop);
            }
            else
            {
                var into = (await MergeSource.OpenAsync(call, [origin]))[0];
                opened.Add(into);
                var merged = LoraMerger.IntoBase(into.Tensors, joined, strength);
                await MergeDisplay.WriteAsync(call, folder, merged, into, recipe, null);
                remarks = merged.Remarks;
            }
            await MergeDisplay.WriteCardAsync(folder, "Merge", MergeMethods.Lora, opened, null, remarks, call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(recipe);
            else call.Screen.Line($"{names.Length} adapters, {joined.Pairs.Count} weights, rank {joined.Rank}: {(origin is null ? "one adapter" : "the merged model")} is in {folder}");
        }
        finally
        {
            foreach (var source in opened) source.Dispose();
        }
    }
}

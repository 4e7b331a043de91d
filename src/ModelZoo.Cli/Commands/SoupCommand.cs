using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ModelZoo.Cli.Populations;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo soup A B C --out DIR`: averages of models of equal shapes, and whether they can be averaged said before.</summary>
static class SoupCommand
{
    public static Command Build()
    {
        var models = new Argument<string[]>("MODEL") { Description = "Folders, weight files, owner/name[@revision], or members: POPULATION#MEMBER[@EPOCH or @6-10]", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--out") { Description = "The folder to write", HelpName = "DIR", Required = true };
        var method = new Option<string>("--method") { Description = "uniform, weighted, greedy, ema or karcher", DefaultValueFactory = _ => "uniform", HelpName = "HOW" };
        var weights = new Option<string?>("--weights") { Description = "For weighted: one number for each model, such as 2,1,1", HelpName = "LIST" };
        var beta = new Option<double>("--beta") { Description = "For ema: how much of the average stays", DefaultValueFactory = _ => 0.9 };
        var strict = new Option<bool>("--strict") { Description = "For greedy: keep only what improves, as the published code does" };
        var force = new Option<bool>("--force") { Description = "Average what cannot be averaged" };
        var skip = new Option<bool>("--skip-mismatch") { Description = "Copy tensors that do not fit from the first model" };
        var shard = new Option<string?>("--max-shard-size") { Description = "Write several files of at most so much, such as 5GB" };
        var nan = new Option<bool>("--allow-nan") { Description = "Take models that hold numbers that are none" };
        return LocalCall.On(new Command("soup", "Average models of equal shapes") { models, output, method, weights, beta, strict, force, skip, shard, nan, BlueprintSource.DigitsFile, HubCall.Json }, async call =>
        {
            var how = call.Get(method)!;
            if (how is not ("uniform" or "weighted" or "greedy" or "ema" or "karcher")) throw new UsageException($"--method is uniform, weighted, greedy, ema or karcher, not '{how}'.");
            var sources = await MergeSource.OpenAsync(call, call.Get(models));
            try
            {
                if (!call.Get(nan)) await MergeDisplay.RequireFiniteAsync(sources, call.Stop);
                await RunAsync(call, sources, how, new(call.Get(weights), call.Get(beta), call.Get(strict), call.Get(force), call.Get(skip), call.Get(shard) is { } size ? ConvertCommand.ParseSize(size) : null, call.Parse.GetRequiredValue(output)));
            }
            finally
            {
                foreach (var source in sources) source.Dispose();
            }
        });
    }

    sealed record Choice(string? Weights, double Beta, bool Strict, bool Force, bool SkipMismatch, long? MaxShardBytes, string Folder);

    static async Task RunAsync(LocalCall call, IReadOnlyList<MergeSource> sources, string how, Choice choice)
    {
        var scorer = SoupScorer.Find(call, sources, out var why);
        if (scorer is { HasValidation: false }) (scorer, why) = (null, "their data has no validation split");
        if (how == "greedy" && scorer is null) throw new UsageException($"A greedy soup chooses by validation accuracy, which cannot be measured here: {why}.");
        var inputs = sources.Select(source => source.ToInput()).ToList();
        var advice = inputs.Count is > 1 and <= MergeDisplay.MostModels && !choice.SkipMismatch ? await MergeAdvice.AssessAsync(inputs, scorer is null ? null : scorer.BarrierAsync, call.Stop) : [];
        MergeDisplay.Say(call.Screen, advice);
        if (inputs.Count > MergeDisplay.MostModels) call.Screen.Say($"Whether {inputs.Count} models can be averaged is not looked at; of up to {MergeDisplay.MostModels} it is.");
        // A greedy soup keeps only what helps, so a pair that does not fit does no harm there.
        if (how != "greedy" && !choice.Force && advice.FirstOrDefault(pair => pair.Verdict == Averageability.No) is { } bad)
            throw new MergeException($"'{bad.First}' and '{bad.Second}' cannot be averaged: {string.Join(" ", bad.Reasons)} --force does it all the same; --method greedy keeps what helps.");

        GreedySelection? selection = null;
        if (how == "greedy")
        {
            var scored = new List<(MergeInput, double)>();
            foreach (var input in inputs) scored.Add((input, (await scorer!.ValidateAsync(new(input.Tensors, []), call.Stop)).Accuracy));
            selection = await GreedySelection.ChooseAsync(scored, async (merged, stop) => (await scorer!.ValidateAsync(merged, stop)).Accuracy, call.Stop, choice.Strict);
            inputs = [.. selection.Kept];
        }
        if (how == "weighted") inputs = Weigh(inputs, choice.Weights);
        MergeMethod method = how switch { "ema" => new MovingAverage(choice.Beta), "karcher" => new Karcher(), _ => new Average() };
        var merged = Merger.Merge(inputs, null, method, new(null, choice.SkipMismatch));
        var recipe = new JsonObject
        {
            ["kind"] = "soup", ["method"] = how, ["inputs"] = new JsonArray([.. inputs.Select(input => (JsonNode)new JsonObject { ["model"] = input.Name, ["weight"] = input.Weight.Of("", null) })]), ["beta"] = how == "ema" ? choice.Beta : null,
            ["greedy"] = selection is null ? null : MergeDisplay.ToJson(selection.Steps), ["advice"] = MergeDisplay.ToJson(advice.Select(MergeDisplay.Json)), ["remarks"] = MergeDisplay.ToJson(merged.Remarks), ["program"] = PopulationStore.Code,
        };
        if (scorer is null) await MergeDisplay.WriteAsync(call, choice.Folder, merged, sources[0], recipe, choice.MaxShardBytes);
        else await WriteMemberAsync(call, scorer, merged, sources, recipe, choice.Folder);
        await MergeDisplay.WriteCardAsync(choice.Folder, "Soup", how, sources, null, merged.Remarks, call.Stop);
        if (call.Screen.IsJson) call.Screen.Json(recipe);
        else
        {
            foreach (var remark in merged.Remarks) call.Screen.Line(remark);
            if (selection is not null) call.Screen.Line($"greedy kept {selection.Kept.Count} of {sources.Count}, validation accuracy {MergeDisplay.Number(selection.Score)}");
            foreach (var (split, scores) in recipe["scores"] as JsonObject ?? []) call.Screen.Line($"{split}: soup {Get(scores, "soup")}, inputs {Get(scores, "mean")} on average and {Get(scores, "best")} at best, ensemble {Get(scores, "ensemble")}");
            if (recipe["verdict"] is { } verdict) call.Screen.Line(verdict.GetValue<string>());
            call.Screen.Line($"{merged.Tensors.Count} tensors of {inputs.Count} models are in {choice.Folder}");
        }
    }

    static string Get(JsonNode? scores, string name) => scores?[name]?["accuracy"] is { } value ? MergeDisplay.Number(value.GetValue<double>()) : "?";

    static List<MergeInput> Weigh(List<MergeInput> inputs, string? text)
    {
        var numbers = (text ?? throw new UsageException("--weights says how much each model counts.")).Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw new UsageException($"'{part}' is no weight.")).ToList();
        if (numbers.Count != inputs.Count) throw new UsageException($"There are {numbers.Count} weights for {inputs.Count} models.");
        return [.. inputs.Zip(numbers, (input, weight) => input with { Weight = weight })];
    }

    /// <summary>Members of a population become a model as they are, with its scores beside those of what it was made of.</summary>
    static async Task WriteMemberAsync(LocalCall call, SoupScorer scorer, MergedModel merged, IReadOnlyList<MergeSource> sources, JsonObject recipe, string folder)
    {
        var soup = await scorer.ReadAsync(merged.Tensors, call.Stop);
        await ModelFolder.WriteAsync(folder, scorer.Model, scorer.Head, soup, new Dictionary<string, string> { ["format"] = "pt" }, call.Stop);
        await ModelFolder.WriteOnnxAsync(folder, scorer.Model, scorer.Head, soup, call.Stop);
        var parameters = new List<float[]>();
        foreach (var source in sources) parameters.Add(await scorer.ReadAsync(source.Tensors, call.Stop));
        var scores = new JsonObject();
        foreach (var split in scorer.Splits)
        {
            var labels = scorer.Labels(split);
            var each = parameters.ConvertAll(values => new Predictions(scorer.Run(values, split, call.Stop)!.Logits, labels, scorer.Head.Out));
            var own = new Predictions(scorer.Run(soup, split, call.Stop)!.Logits, labels, scorer.Head.Out);
            scores[split] = new JsonObject
            {
                ["n"] = own.Count, ["soup"] = Of(own.Accuracy, own.NegativeLogLikelihood), ["standard_error"] = Math.Sqrt(own.Accuracy * (1 - own.Accuracy) / own.Count),
                ["mean"] = Of(each.Average(one => one.Accuracy), each.Average(one => one.NegativeLogLikelihood)), ["best"] = Of(each.Max(one => one.Accuracy), each.Min(one => one.NegativeLogLikelihood)), ["last"] = Of(each[^1].Accuracy, each[^1].NegativeLogLikelihood),
                ["ensemble"] = new JsonObject { ["accuracy"] = Predictions.EnsembleAccuracy(each) },
            };
        }
        recipe["scores"] = scores;
        // Averaging over epochs helps after a plateau and harms before; the validation loss tells which.
        if (sources.Count > 1 && sources.All(source => source.State!.Value.Member.Id == sources[0].State!.Value.Member.Id) && scores["val"] is { } val)
        {
            var (with, without) = (val["soup"]!["nll"]!.GetValue<double>(), val["last"]!["nll"]!.GetValue<double>());
            recipe["verdict"] = with < without ? $"Keep it: its validation loss {MergeDisplay.Number(with)} is below that of the last epoch, {MergeDisplay.Number(without)}." : $"Do not keep it: its validation loss {MergeDisplay.Number(with)} is not below that of the last epoch, {MergeDisplay.Number(without)}.";
        }
        await MergeDisplay.WriteRecipeAsync(folder, recipe, call.Stop);

        static JsonObject Of(double accuracy, double loss) => new() { ["accuracy"] = accuracy, ["nll"] = loss };
    }
}

using System.Text.Json.Nodes;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>What somebody chose for a soup.</summary>
/// <param name="Alphas">Several are scored, and the best is written.</param>
/// <param name="Folder">Null only looks whether the models can be averaged.</param>
sealed record SoupChoice(string Method, Dictionary<string, double> Parameters, ulong Seed, IReadOnlyList<double>? Weights, IReadOnlyList<double> Alphas, bool Force, bool SkipMismatch, long? MaxShardBytes, string? Folder);

/// <summary>Makes a soup of opened models and writes it.</summary>
static class SoupMaking
{
    public static async Task RunAsync(LocalCall call, IReadOnlyList<MergeSource> sources, MergeSource? origin, SoupChoice choice)
    {
        var how = choice.Method;
        var all = origin is null ? sources : [.. sources, origin];
        var (scorer, why) = await SoupScorer.FindAsync(call, all);
        if (MergeMethods.NeedsScores(how) && scorer is null) throw new UsageException($"A {how} soup looks at validation scores, which cannot be measured here: {why}.");
        if (choice.Alphas.Count > 1 && scorer is null) throw new UsageException($"Several alphas are compared by validation accuracy, which cannot be measured here: {why}.");
        var inputs = sources.Select((source, i) => source.ToInput() with { Weight = choice.Weights?[i] ?? 1, Density = choice.Parameters.GetValueOrDefault("density", 1) }).ToList();
        // What is moved towards its base is compared with the base.
        var compared = how == "wise-ft" ? [.. inputs, origin!.ToInput()] : inputs;
        var advice = compared.Count is > 1 and <= MergeDisplay.MostModels && !choice.SkipMismatch ? await MergeAdvice.AssessAsync(compared, scorer is null ? null : scorer.BarrierAsync, call.Stop) : [];
        MergeDisplay.Say(call.Screen, advice);
        if (compared.Count > MergeDisplay.MostModels) call.Screen.Say($"Whether {compared.Count} models can be averaged is not looked at; of up to {MergeDisplay.MostModels} it is.");
        if (choice.Folder is not { } folder)
        {
            var worst = advice.Count > 0 ? MergeAdvice.Word(advice.Max(pair => pair.Verdict)) : "not looked at";
            if (call.Screen.IsJson) call.Screen.Json(new { verdict = worst, pairs = new JsonArray([.. advice.Select(pair => (JsonNode)pair.ToJson())]) });
            else call.Screen.Line(worst);
            return;
        }
        // A greedy soup keeps only what helps, so a pair that does not fit does no harm there.
        if (how != "greedy" && !choice.Force && advice.FirstOrDefault(pair => pair.Verdict == Averageability.No) is { } bad)
            throw new MergeException($"'{bad.First}' and '{bad.Second}' cannot be averaged: {string.Join(" ", bad.Reasons)} --force does it all the same; --method greedy keeps what helps.");

        var recipe = new JsonObject { ["kind"] = how is "uniform" or "weighted" or "greedy" or "learned" or "ema" ? "soup" : "merge", ["method"] = how };
        var merged = await MergeAsync(call, inputs, origin, choice, scorer, recipe);
        recipe["inputs"] = new JsonArray([.. inputs.Select(input => (JsonNode)new JsonObject { ["model"] = input.Name, ["weight"] = input.Weight.Of("", null) })]);
        (recipe["base"], recipe["parameters"], recipe["seed"]) = (origin?.Name, MergeDisplay.ToJson(choice.Parameters), choice.Seed);
        (recipe["advice"], recipe["remarks"], recipe["program"]) = (new JsonArray([.. advice.Select(pair => (JsonNode)pair.ToJson())]), MergeDisplay.ToJson(merged.Remarks), PopulationStore.Code);
        if (scorer is null) await MergeDisplay.WriteAsync(call, folder, merged, origin ?? sources[0], recipe, choice.MaxShardBytes);
        else await WriteMemberAsync(call, scorer, merged, sources, recipe, folder);
        await MergeDisplay.WriteCardAsync(folder, recipe["kind"]!.GetValue<string>() == "soup" ? "Soup" : "Merge", how, all, null, merged.Remarks, call.Stop);
        Tell(call, recipe, merged, inputs.Count, sources.Count, folder);
    }

    static async Task<MergedModel> MergeAsync(LocalCall call, List<MergeInput> inputs, MergeSource? origin, SoupChoice choice, MemberScorer? scorer, JsonObject recipe)
    {
        switch (choice.Method)
        {
            case "learned":
                var parameters = new List<float[]>();
                foreach (var input in inputs) parameters.Add(await scorer!.ReadAsync(input.Tensors, call.Stop));
                var soup = scorer!.Learn(parameters, choice.Parameters.GetValueOrDefault("per_tensor") != 0, call.Stop, (int)choice.Parameters.GetValueOrDefault("epochs", 5));
                recipe["learned"] = soup.ToJson();
                return scorer.ToModel(soup.Parameters);
            case "greedy":
                var scored = new List<(MergeInput, double)>();
                foreach (var input in inputs) scored.Add((input, (await scorer!.ValidateAsync(new(input.Tensors, []), call.Stop)).Accuracy));
                var selection = await GreedySelection.ChooseAsync(scored, async (merged, stop) => (await scorer!.ValidateAsync(merged, stop)).Accuracy, call.Stop, choice.Parameters.GetValueOrDefault("strict") != 0);
                recipe["greedy"] = selection.ToJson();
                (recipe["greedy_score"], inputs) = (selection.Score, Replace(inputs, selection.Kept));
                break;
            case "wise-ft" when choice.Alphas.Count > 1:
                choice.Parameters["alpha"] = await SweepAsync(call, inputs, origin!, choice, scorer!, recipe);
                break;
        }
        return Merger.Merge(inputs, origin?.ToInput(), MergeMethods.Of(choice.Method, choice.Parameters, choice.Seed), new(null, choice.SkipMismatch));
    }

    static List<MergeInput> Replace(List<MergeInput> inputs, IReadOnlyList<MergeInput> kept)
    {
        inputs.Clear();
        inputs.AddRange(kept);
        return inputs;
    }

    /// <summary>Scores of every α; the one that does best on validation data, the smallest of equals.</summary>
    static async Task<double> SweepAsync(LocalCall call, List<MergeInput> inputs, MergeSource origin, SoupChoice choice, MemberScorer scorer, JsonObject recipe)
    {
        var rows = new JsonArray();
        var (best, chosen) = (double.NegativeInfinity, choice.Alphas[0]);
        foreach (var alpha in choice.Alphas)
        {
            var parameters = await scorer.ReadAsync(Merger.Merge(inputs, origin.ToInput(), new Interpolation(alpha)).Tensors, call.Stop);
            var row = new JsonObject { ["alpha"] = alpha };
            foreach (var split in scorer.Splits) row[split] = scorer.Run(parameters, split, call.Stop) is { } result ? new JsonObject { ["accuracy"] = result.Accuracy, ["nll"] = double.IsFinite(result.Loss) ? result.Loss : null } : null;
            rows.Add(row);
            if (row["val"]?["accuracy"]?.GetValue<double>() is { } accuracy && accuracy > best) (best, chosen) = (accuracy, alpha);
        }
        recipe["sweep"] = rows;
        return chosen;
    }

    /// <summary>Members of a population become a model as they are, with its scores beside those of what it was made of.</summary>
    static async Task WriteMemberAsync(LocalCall call, MemberScorer scorer, MergedModel merged, IReadOnlyList<MergeSource> sources, JsonObject recipe, string folder)
    {
        var soup = await scorer.ReadAsync(merged.Tensors, call.Stop);
        await ModelFolder.WriteAsync(folder, scorer.Model, scorer.Head, soup, new Dictionary<string, string> { ["format"] = "pt" }, call.Stop);
        await ModelFolder.WriteOnnxAsync(folder, scorer.Model, scorer.Head, soup, call.Stop);
        var parameters = new List<float[]>();
        foreach (var source in sources) parameters.Add(await scorer.ReadAsync(source.Tensors, call.Stop));
        var report = SoupReport.Make(scorer, soup, parameters, sources.All(source => source.State!.Value.Member.Id == sources[0].State!.Value.Member.Id), call.Stop);
        recipe["scores"] = report.Scores;
        if (report.Verdict is { } verdict) recipe["verdict"] = verdict;
        await MergeDisplay.WriteRecipeAsync(folder, recipe, call.Stop);
    }

    static void Tell(LocalCall call, JsonObject recipe, MergedModel merged, int used, int given, string folder)
    {
        if (call.Screen.IsJson)
        {
            call.Screen.Json(recipe);
            return;
        }
        foreach (var remark in merged.Remarks) call.Screen.Line(remark);
        if (recipe["greedy_score"] is { } score) call.Screen.Line($"greedy kept {used} of {given}, validation accuracy {MergeDisplay.Number(score.GetValue<double>())}");
        if (recipe["sweep"] is JsonArray sweep)
        {
            var splits = sweep[0]!.AsObject().Select(pair => pair.Key).Where(key => key != "alpha").ToList();
            call.Screen.Table(["ALPHA", .. splits.Select(split => split.ToUpperInvariant())], [.. sweep.Select(row => (string[])[MergeDisplay.Number(row!["alpha"]!.GetValue<double>()), .. splits.Select(split => row[split]?["accuracy"] is { } value ? MergeDisplay.Number(value.GetValue<double>()) : "")])]);
            call.Screen.Line($"alpha {MergeDisplay.Number(recipe["parameters"]!["alpha"]!.GetValue<double>())} does best on validation data and was written");
        }
        if (recipe["learned"]?["weights"] is JsonArray { Count: 1 } learned) call.Screen.Line($"weights {string.Join(", ", learned[0]!.AsArray().Select(weight => MergeDisplay.Number(weight!.GetValue<double>())))}");
        foreach (var (split, scores) in recipe["scores"] as JsonObject ?? []) call.Screen.Line($"{split}: soup {Get(scores, "soup")}, inputs {Get(scores, "mean")} on average and {Get(scores, "best")} at best, ensemble {Get(scores, "ensemble")}");
        if (recipe["verdict"] is { } verdict) call.Screen.Line(verdict.GetValue<string>());
        call.Screen.Line($"{merged.Tensors.Count} tensors of {used} models are in {folder}");
    }

    static string Get(JsonNode? scores, string name) => scores?[name]?["accuracy"] is { } value ? MergeDisplay.Number(value.GetValue<double>()) : "?";
}

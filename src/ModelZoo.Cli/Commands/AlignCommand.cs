using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Cli.Populations;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Commands;

/// <summary>
/// `zoo align TARGET MOVED --out DIR`: permutes one member's units so that its weights lie nearest to another's; what it computes stays the same. With several
/// to move, all are aligned to the target and averaged, and then, as often as asked, aligned to the average and averaged anew.
/// </summary>
static class AlignCommand
{
    public static Command Build()
    {
        var target = new Argument<string>("TARGET") { Description = "The member that stays: POPULATION#MEMBER[@EPOCH]" };
        var moved = new Argument<string[]>("MOVED") { Description = "The members that are permuted, of the same shape; one is written aligned, of several the average", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--out") { Description = "The folder to write", HelpName = "DIR", Required = true };
        var rounds = new Option<int>("--rounds") { Description = "Of several: how often all are aligned anew to their average", DefaultValueFactory = _ => 0 };
        return LocalCall.On(new Command("align", "Permute vision transformers towards another (weight matching)") { target, moved, output, rounds, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json }, async call =>
        {
            if (call.Get(rounds) is < 0 or > 100) throw new UsageException("--rounds lies between 0 and 100.");
            var sources = await MergeSource.OpenAsync(call, [call.Get(target), .. call.Get(moved)]);
            try
            {
                if (sources.Count < 2 || sources.Any(source => source.State is null)) throw new UsageException("Members of populations are aligned: POPULATION#MEMBER[@EPOCH].");
                var first = sources[0].State!.Value;
                if (first.Member.Card is not { Architecture: { } model, Head: { } head } || sources.Any(source => source.State!.Value.Member.Card is var card && (card.Head != head || $"{card.Architecture}" != $"{model}"))) throw new MergeException("The members have different architectures or heads.");
                var parameters = new List<float[]>();
                foreach (var source in sources) parameters.Add(await source.State!.Value.Population.ReadParametersAsync(source.State.Value.Member, source.State.Value.Epoch, call.Stop));
                var (scorer, _) = await SoupScorer.FindAsync(call, sources);
                var (result, written) = parameters.Count == 2 ? One(sources, model, head, parameters, scorer, call.Stop) : Many(sources, model, head, parameters, call.Get(rounds), scorer, call.Stop);
                var folder = call.Parse.GetRequiredValue(output);
                await ModelFolder.WriteAsync(folder, model, head, written, new Dictionary<string, string> { ["format"] = "pt" }, call.Stop);
                await MergeDisplay.WriteRecipeAsync(folder, result, call.Stop);
                if (call.Screen.IsJson) call.Screen.Json(result);
                else Tell(call, result);
            }
            finally
            {
                foreach (var source in sources) source.Dispose();
            }
        });
    }

    static (JsonObject Result, float[] Written) One(IReadOnlyList<MergeSource> sources, Architecture model, HeadShape head, List<float[]> parameters, MemberScorer? scorer, CancellationToken stop)
    {
        var (stays, moves) = (parameters[0], parameters[1]);
        var alignment = VitAlignment.Run(model, head, stays, moves, stop);
        var result = new JsonObject
        {
            ["kind"] = "permute", ["target"] = sources[0].Name, ["moved"] = sources[1].Name, ["rounds"] = alignment.Objectives.Count - 1, ["product_before"] = alignment.Objectives[0], ["product_after"] = alignment.Objectives[^1],
            ["distance_before"] = Distance(stays, moves), ["distance_after"] = Distance(stays, alignment.Parameters), ["program"] = PopulationStore.Code,
        };
        if (scorer is not null) (result["barrier_before"], result["barrier_after"]) = (Barrier(scorer, stays, moves, stop), Barrier(scorer, stays, alignment.Parameters, stop));
        return (result, alignment.Parameters);
    }

    /// <summary>Merge-many (Ainsworth et al. 2022, appendix): each aligned to a reference, and the reference then replaced by their average.</summary>
    static (JsonObject Result, float[] Written) Many(IReadOnlyList<MergeSource> sources, Architecture model, HeadShape head, List<float[]> parameters, int rounds, MemberScorer? scorer, CancellationToken stop)
    {
        var (aligned, target) = (parameters.ToList(), parameters[0]);
        var before = Spread(parameters);
        for (var round = 0; round <= rounds; round++)
        {
            for (var i = round == 0 ? 1 : 0; i < aligned.Count; i++) aligned[i] = VitAlignment.Run(model, head, target, aligned[i], stop).Parameters;
            target = Mean(aligned);
        }
        var result = new JsonObject
        {
            ["kind"] = "permute", ["method"] = "merge-many", ["target"] = sources[0].Name, ["moved"] = new JsonArray([.. sources.Skip(1).Select(source => (JsonNode)source.Name)]), ["rounds"] = rounds,
            ["distance_before"] = before, ["distance_after"] = Spread(aligned), ["program"] = PopulationStore.Code,
        };
        if (scorer is null) return (result, target);
        result["barrier_before"] = Enumerable.Range(1, parameters.Count - 1).Max(i => Barrier(scorer, parameters[0], parameters[i], stop));
        result["barrier_after"] = Enumerable.Range(1, aligned.Count - 1).Max(i => Barrier(scorer, aligned[0], aligned[i], stop));
        result["scores"] = SoupReport.Make(scorer, target, parameters, false, stop).Scores;
        result["unaligned"] = SoupReport.Make(scorer, Mean(parameters), parameters, false, stop).Scores;
        return (result, target);
    }

    static void Tell(LocalCall call, JsonObject result)
    {
        if (result["product_before"] is { } product) call.Screen.Line($"product {MergeDisplay.Number(product.GetValue<double>())} → {MergeDisplay.Number(result["product_after"]!.GetValue<double>())}, distance {Number("distance_before")} → {Number("distance_after")}");
        else call.Screen.Line($"mean distance {Number("distance_before")} → {Number("distance_after")}");
        if (result["barrier_before"] is not null) call.Screen.Line($"accuracy barrier on validation {Number("barrier_before")} → {Number("barrier_after")}");
        foreach (var (split, scores) in result["scores"] as JsonObject ?? []) call.Screen.Line($"{split}: average of the aligned {MergeDisplay.Number(scores!["soup"]!["accuracy"]!.GetValue<double>())}, of them as they were {MergeDisplay.Number(result["unaligned"]![split]!["soup"]!["accuracy"]!.GetValue<double>())}");

        string Number(string name) => MergeDisplay.Number(result[name]!.GetValue<double>());
    }

    static float[] Mean(List<float[]> models)
    {
        var mean = new float[models[0].Length];
        for (var p = 0; p < mean.Length; p++)
        {
            var sum = 0.0;
            foreach (var model in models) sum += model[p];
            mean[p] = (float)(sum / models.Count);
        }
        return mean;
    }

    static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());

    /// <summary>The mean distance of all pairs.</summary>
    static double Spread(List<float[]> models) => Enumerable.Range(0, models.Count).SelectMany(i => Enumerable.Range(0, i).Select(j => Distance(models[i], models[j]))).Average();

    /// <summary>Of the straight line between two models of one shape, on the validation split.</summary>
    static double Barrier(MemberScorer scorer, float[] a, float[] b, CancellationToken stop)
    {
        var points = new List<PathPoint>();
        for (var i = 0; i <= 10; i++)
        {
            var (alpha, between) = (i / 10.0, new float[a.Length]);
            for (var p = 0; p < a.Length; p++) between[p] = (float)((1 - alpha) * a[p] + alpha * b[p]);
            var result = scorer.Run(between, "val", stop)!;
            points.Add(new(alpha, result.Loss, result.Accuracy));
        }
        return new LinearPath(points).AccuracyBarrier;
    }
}

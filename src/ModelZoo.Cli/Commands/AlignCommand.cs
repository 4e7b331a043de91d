using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Cli.Populations;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo align TARGET MOVED --out DIR`: permutes one member's units so that its weights lie nearest to another's; what it computes stays the same.</summary>
static class AlignCommand
{
    public static Command Build()
    {
        var target = new Argument<string>("TARGET") { Description = "The member that stays: POPULATION#MEMBER[@EPOCH]" };
        var moved = new Argument<string>("MOVED") { Description = "The member that is permuted, of the same shape" };
        var output = new Option<string>("--out") { Description = "The folder to write", HelpName = "DIR", Required = true };
        return LocalCall.On(new Command("align", "Permute a vision transformer towards another (weight matching)") { target, moved, output, BlueprintSource.DigitsFile, HubCall.Json }, async call =>
        {
            var sources = await MergeSource.OpenAsync(call, [call.Get(target), call.Get(moved)]);
            try
            {
                if (sources.Count != 2 || sources[0].State is not { } first || sources[1].State is not { } second) throw new UsageException("Two members of populations are aligned: POPULATION#MEMBER[@EPOCH].");
                if (first.Member.Card is not { Architecture: { } model, Head: { } head } || second.Member.Card.Head != head || $"{second.Member.Card.Architecture}" != $"{model}") throw new MergeException("The two members have different architectures or heads.");
                var (stays, moves) = (await first.Population.ReadParametersAsync(first.Member, first.Epoch, call.Stop), await second.Population.ReadParametersAsync(second.Member, second.Epoch, call.Stop));
                var alignment = VitAlignment.Run(model, head, stays, moves, call.Stop);
                var scorer = SoupScorer.Find(call, sources, out _) is { HasValidation: true } found ? found : null;
                var result = new JsonObject
                {
                    ["kind"] = "permute", ["target"] = sources[0].Name, ["moved"] = sources[1].Name, ["rounds"] = alignment.Objectives.Count - 1, ["product_before"] = alignment.Objectives[0], ["product_after"] = alignment.Objectives[^1],
                    ["distance_before"] = Distance(stays, moves), ["distance_after"] = Distance(stays, alignment.Parameters), ["program"] = PopulationStore.Code,
                };
                if (scorer is not null) (result["barrier_before"], result["barrier_after"]) = (Barrier(scorer, stays, moves, call.Stop), Barrier(scorer, stays, alignment.Parameters, call.Stop));
                var folder = call.Parse.GetRequiredValue(output);
                await ModelFolder.WriteAsync(folder, model, head, alignment.Parameters, new Dictionary<string, string> { ["format"] = "pt" }, call.Stop);
                await MergeDisplay.WriteRecipeAsync(folder, result, call.Stop);
                if (call.Screen.IsJson) call.Screen.Json(result);
                else
                {
                    call.Screen.Line($"product {MergeDisplay.Number(alignment.Objectives[0])} → {MergeDisplay.Number(alignment.Objectives[^1])}, distance {MergeDisplay.Number(result["distance_before"]!.GetValue<double>())} → {MergeDisplay.Number(result["distance_after"]!.GetValue<double>())}");
                    if (scorer is not null) call.Screen.Line($"accuracy barrier on validation {MergeDisplay.Number(result["barrier_before"]!.GetValue<double>())} → {MergeDisplay.Number(result["barrier_after"]!.GetValue<double>())}");
                }
            }
            finally
            {
                foreach (var source in sources) source.Dispose();
            }
        });
    }

    static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());

    /// <summary>Of the straight line between two models of one shape, on the validation split.</summary>
    static double Barrier(SoupScorer scorer, float[] a, float[] b, CancellationToken stop)
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

using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Populations;
using ModelZoo.Client;
using ModelZoo.Learning.Merging;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo soup A B C --out DIR`: averages and other merges of models of equal shapes, and whether they can be averaged said before.</summary>
static class SoupCommand
{
    public static Command Build()
    {
        var models = new Argument<string[]>("MODEL") { Description = $"Folders, weight files, owner/name[@revision], or members: POPULATION#MEMBER[@EPOCHS]; epochs are {EpochChoice.Forms}", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--out") { Description = "The folder to write", HelpName = "DIR" };
        var method = new Option<string>("--method") { Description = string.Join(", ", MergeMethods.Names.Where(name => name != MergeMethods.Lora)), DefaultValueFactory = _ => "uniform", HelpName = "HOW" };
        var origin = new Option<string?>("--base") { Description = "The model that differences are taken from; for wise-ft the one that is left", HelpName = "MODEL" };
        var weights = new Option<string?>("--weights") { Description = "One number for each model, such as 2,1,1", HelpName = "LIST" };
        var alpha = new Option<string?>("--alpha") { Description = "For wise-ft: 0 is the base, 1 the model. Several, as 0,0.5,1 or 0:1:0.1, are scored, and the best on validation data is written", HelpName = "NUMBERS" };
        var beta = new Option<double?>("--beta") { Description = "For ema: how much of the average stays [default: 0.9]" };
        var set = new Option<string[]>("--set") { Description = "A parameter of the method, such as density=0.2 or lambda=0.5", HelpName = "NAME=NUMBER", AllowMultipleArgumentsPerToken = false };
        var seed = new Option<ulong>("--seed") { Description = "For methods that drop at random; the same seed gives the same bytes" };
        var perTensor = new Option<bool>("--per-tensor") { Description = "For learned: weights for each model and tensor, not for each model alone" };
        var strict = new Option<bool>("--strict") { Description = "For greedy: keep only what improves, as the published code does" };
        var force = new Option<bool>("--force") { Description = "Average what cannot be averaged" };
        var skip = new Option<bool>("--skip-mismatch") { Description = "Copy tensors that do not fit from the first model" };
        var shard = new Option<string?>("--max-shard-size") { Description = "Write several files of at most so much, such as 5GB" };
        var nan = new Option<bool>("--allow-nan") { Description = "Take models that hold numbers that are none" };
        var command = new Command("soup", "Average models of equal shapes") { models, output, method, origin, weights, alpha, beta, set, seed, perTensor, strict, force, skip, shard, nan, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json };
        HubMerge.AddTo(command);
        return LocalCall.On(command, async call =>
        {
            var how = call.Get(method)!;
            if (how == MergeMethods.Lora) throw new UsageException("Adapters are merged by zoo merge-lora.");
            var alphas = Alphas(call.Get(alpha));
            var parameters = Parameters(call.Get(set) ?? []);
            if (call.Get(beta) is { } kept) parameters["beta"] = kept;
            if (alphas.Count == 1) parameters["alpha"] = alphas[0];
            if (call.Get(strict)) parameters["strict"] = 1;
            if (call.Get(perTensor)) parameters["per_tensor"] = 1;
            if (alphas.Count > 0 && how != "wise-ft") throw new UsageException("--alpha is for --method wise-ft.");
            try
            {
                MergeMethods.Check(how, parameters);
            }
            catch (MergeException wrong)
            {
                throw new UsageException(wrong.Message);
            }
            if (MergeMethods.NeedsBase(how) && call.Get(origin) is null) throw new UsageException($"{how} looks at differences from a base: --base names it.");
            if (!MergeMethods.NeedsBase(how) && call.Get(origin) is not null) throw new UsageException($"{how} takes no base.");
            var weighed = Weights(call.Get(weights), how);
            if (call.Get(HubMerge.OnHub))
            {
                if (alphas.Count > 1) throw new UsageException("On the hub wise-ft takes one --alpha.");
                await HubMerge.RunAsync(call, new MergeRequest { Sources = call.Get(models), Method = how, Base = call.Get(origin), Weights = weighed, Parameters = parameters, Seed = (long)(call.Get(seed) & long.MaxValue), SkipMismatch = call.Get(skip), Force = call.Get(force) });
                return;
            }
            if (call.Get(output) is null && !call.Get(HubMerge.Check)) throw new UsageException("--out DIR says where the result goes.");
            var sources = await MergeSource.OpenAsync(call, call.Get(models));
            var opened = new List<MergeSource>(sources);
            try
            {
                if (call.Get(origin) is { } named) opened.AddRange(await MergeSource.OpenAsync(call, [named]));
                if (opened.Count > sources.Count + 1) throw new UsageException("The base is one state, not a range of epochs.");
                if (!call.Get(nan)) await MergeDisplay.RequireFiniteAsync(opened, call.Stop);
                if (weighed is not null && weighed.Count != sources.Count) throw new UsageException($"There are {weighed.Count} weights for {sources.Count} models.");
                await SoupMaking.RunAsync(call, sources, opened.Count > sources.Count ? opened[^1] : null, new(how, parameters, call.Get(seed), weighed, alphas, call.Get(force), call.Get(skip), call.Get(shard) is { } size ? ConvertCommand.ParseSize(size) : null, call.Get(HubMerge.Check) ? null : call.Get(output)));
            }
            finally
            {
                foreach (var source in opened) source.Dispose();
            }
        });
    }

    static List<double>? Weights(string? text, string how)
    {
        if (text is null) return how == "weighted" ? throw new UsageException("--weights says how much each model counts.") : null;
        return [.. text.Split(',').Select(part => Number(part) ?? throw new UsageException($"'{part}' is no weight."))];
    }

    /// <summary>Numbers with commas between, or first:last:step.</summary>
    static List<double> Alphas(string? text)
    {
        if (text is null) return [];
        if (text.Split(':') is not [var first, var last, var step]) return [.. text.Split(',').Select(part => Number(part) ?? throw new UsageException($"'{part}' is no number."))];
        if (Number(first) is not { } from || Number(last) is not { } to || Number(step) is not { } by || by <= 0 || to < from || (to - from) / by > 1000) throw new UsageException($"'{text}' is no range such as 0:1:0.1.");
        return [.. Enumerable.Range(0, (int)Math.Floor((to - from) / by + 1e-9) + 1).Select(i => Math.Round(from + i * by, 12))];
    }

    internal static Dictionary<string, double> Parameters(IEnumerable<string> settings) => settings.Select(each => each.Split('=', 2)).ToDictionary(
        pair => pair[0], pair => pair is [_, var value] && Number(value) is { } number ? number : throw new UsageException($"'{string.Join('=', pair)}' is no setting such as density=0.2."), StringComparer.Ordinal);

    static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}

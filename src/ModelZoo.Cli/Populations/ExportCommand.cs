using System.CommandLine;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population export`: one member as a model that other programs load, or the population as data for learning from weights.</summary>
static class ExportCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR") { Description = "The population's folder" };
        var format = new Option<string>("--format") { Description = "hf, onnx (one member); tokens, flat, features, ray (the population)", HelpName = "FORMAT", Required = true };
        var output = new Option<string>("--out") { Description = "The folder to write", HelpName = "DIR", Required = true };
        var member = new Option<string?>("--member") { Description = "Only this member; the beginning of its id is enough", HelpName = "ID" };
        var epoch = new Option<string?>("--epoch") { Description = "A number, last or all [default: last for hf and onnx, all otherwise]", HelpName = "N" };
        var size = new Option<int>("--token-size") { Description = "Numbers of a token; 0 for the widest row", HelpName = "N" };
        var standardize = new Option<string>("--standardize") { Description = "none, layer, minmax or l2", DefaultValueFactory = _ => "none", HelpName = "HOW" };
        var backbone = new Option<bool>("--backbone") { Description = "Leave the heads out" };
        var align = new Option<bool>("--align") { Description = "Permute the units of every vision transformer towards the first of its shape" };
        return LocalCall.On(new Command("export", "Write a member as a model, or a population as data") { folder, format, output, member, epoch, ShowCommand.Where, size, standardize, backbone, align, HubCall.Json }, async call =>
        {
            var population = await ShowCommand.OpenAsync(call.Get(folder), call.Stop);
            var target = call.Parse.GetRequiredValue(output);
            var word = call.Parse.GetRequiredValue(format);
            if (call.Get(size) is < 0 or > 1_000_000) throw new UsageException("--token-size is a number from 0 to 1,000,000.");
            var chosen = call.Get(member) is { } id ? population.Get(id) : null;
            if (word is "hf" or "onnx")
            {
                var one = chosen ?? throw new UsageException($"--format {word} writes one model: name it with --member.");
                await WriteModelAsync(call, population, one, EpochOf(one, call.Get(epoch) ?? "last"), word, target);
                return;
            }
            var states = Choose(population, chosen, call.Get(epoch) ?? "all", call.Get(ShowCommand.Where));
            var files = word switch
            {
                "tokens" or "flat" or "features" => await WeightExport.WriteAsync(population, states, new(Enum.Parse<ExportForm>(word, ignoreCase: true), call.Get(backbone) ? Scope.Backbone : Scope.All, call.Get(size), Standardize(call.Get(standardize)!), Align: call.Get(align)), target, call.Stop),
                "ray" => await RayExport.WriteAsync(population, states, target, call.Stop),
                _ => throw new UsageException($"'{word}' is no format; there are hf, onnx, tokens, flat, features, ray."),
            };
            if (call.Screen.IsJson) call.Screen.Json(new { folder = Path.GetFullPath(target), states = states.Count, members = states.Select(state => state.Member.Id).Distinct().Count(), files });
            else call.Screen.Line($"{states.Count} states of {states.Select(state => state.Member.Id).Distinct().Count()} members are in {target}: {files.Count} files");
        });
    }

    static async Task WriteModelAsync(LocalCall call, Population population, PopulationMember member, int epoch, string format, string target)
    {
        var parameters = await population.ReadParametersAsync(member, epoch, call.Stop);
        if (parameters.Any(value => !float.IsFinite(value))) throw new PopulationException($"{member.Id}@{epoch} holds numbers that are none or infinite; it is no model.");
        var (model, head) = (member.Card.Architecture!, member.Card.Head!);
        IReadOnlyList<string> remarks = [];
        if (format == "onnx") await ModelFolder.WriteOnnxAsync(target, model, head, parameters, call.Stop);
        else remarks = await ModelFolder.WriteAsync(target, model, head, parameters, new Dictionary<string, string> { ["format"] = "pt", ["population"] = population.Record.Population, ["member"] = member.Id, ["epoch"] = $"{epoch}" }, call.Stop);
        await ModelFolder.WriteReadmeAsync(target, ModelFolder.CardOf(population, member, epoch), call.Stop);
        if (call.Screen.IsJson) call.Screen.Json(new { member = member.Id, epoch, folder = Path.GetFullPath(target), parameters = parameters.Length, remarks });
        else
        {
            foreach (var remark in remarks) call.Screen.Line(remark);
            call.Screen.Line($"{member.Id}, epoch {epoch}: {parameters.Length} parameters, in {target}");
        }
    }

    static int EpochOf(PopulationMember member, string text)
    {
        if (text == "last") return member.LastEpoch ?? throw new PopulationException($"{member.Id} keeps no state.");
        return int.TryParse(text, System.Globalization.NumberStyles.None, null, out var epoch) ? epoch : throw new UsageException($"'{text}' is no epoch: a number or last.");
    }

    /// <summary>States that are kept, by epoch and condition, in the order of members.</summary>
    internal static IReadOnlyList<(PopulationMember Member, int Epoch)> Choose(Population population, PopulationMember? only, string epoch, string? where)
    {
        var filter = where is null ? null : MemberFilter.Parse(where);
        int? number = epoch is "all" or "last" ? null : int.TryParse(epoch, System.Globalization.NumberStyles.None, null, out var given) ? given : throw new UsageException($"'{epoch}' is no epoch: a number, last or all.");
        List<(PopulationMember Member, int Epoch)> states = [.. (only is null ? population.Members : [only]).SelectMany(member => member.Checkpoints
            .Where(each => epoch == "all" || each == (number ?? member.LastEpoch)).Where(each => filter is null || filter.Holds(member, each)).Select(each => (member, each)))];
        return states.Count == 0 && filter?.FindUnknown(population.Members) is { } unknown ? throw new UsageException(unknown) : states;
    }

    static Standardization Standardize(string word) => word switch
    {
        "none" => Standardization.None,
        "layer" => Standardization.Layer,
        "minmax" => Standardization.MinMax,
        "l2" => Standardization.L2,
        _ => throw new UsageException($"--standardize is none, layer, minmax or l2, not '{word}'."),
    };
}

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// A population in the layout of the published zoos, so that code written for those reads it: folders of trials with params.json, result.json and
/// checkpoints of torch. Members without a parent lie below <c>pretraining</c>, others below <c>finetuning/{parent}</c>.
/// </summary>
public static class RayExport
{
    /// <summary>Our settings under the names of those zoos; others keep their own path with '::'.</summary>
    static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        ["train.optimizer"] = "optim::optimizer", ["train.lr"] = "optim::lr", ["train.weight_decay"] = "optim::wd", ["train.momentum"] = "optim::momentum", ["train.schedule"] = "optim::scheduler", ["train.batch"] = "training::batchsize",
        ["train.epochs"] = "training::epochs_train", ["train.label_smoothing"] = "training::label_smoothing", ["train.init"] = "model::init_type", ["train.dropout"] = "model::dropout", ["architecture.activation"] = "model::nlin", ["architecture.patch"] = "model::patch_size",
        ["architecture.channels"] = "model::channels_in", ["architecture.dim"] = "model::width", ["head.out"] = "model::o_dim", ["head.hidden"] = "model::head::hidden_dim", ["head.seed"] = "model::head::seed", ["architecture.family"] = "model::type", ["objective.kind"] = "training::mode",
    };

    /// <summary>What those zoos call one of our settings; null where they do not know it.</summary>
    internal static string? FindName(string setting) => s_names.GetValueOrDefault(setting);

    public static async Task<IReadOnlyList<string>> WriteAsync(Population population, IReadOnlyList<(PopulationMember Member, int Epoch)> states, string folder, CancellationToken stop)
    {
        if (states.Count == 0) throw new PopulationException("No state is chosen, so there is nothing to export.");
        var files = new List<string>();
        foreach (var group in states.GroupBy(state => state.Member))
        {
            var member = group.Key;
            var place = FolderOf(member.Card);
            await WriteTextAsync($"{place}/params.json", Parameters(population, member).ToJsonString(new() { WriteIndented = true }) + "\n");
            await WriteTextAsync($"{place}/result.json", string.Concat(member.Records.Select(record => Result(member, record) + "\n")));
            foreach (var (_, epoch) in group)
            {
                var path = $"{place}/checkpoint_{epoch:D6}/checkpoints";
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
                var tensors = await population.OpenStateAsync(member, epoch, stop);
                await using var file = File.Create(Path.Combine(folder, path));
                await TorchStateDict.WriteAsync(file, tensors, stop);
                files.Add(path);
            }
        }
        return files;

        async Task WriteTextAsync(string path, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            await File.WriteAllTextAsync(Path.Combine(folder, path), text, new UTF8Encoding(false), stop);
            files.Add(path);
        }
    }

    static string FolderOf(MemberCard card) => card.ParentId is { } parent ? $"finetuning/{parent}/{card.Id}" : $"pretraining/{card.Id}";

    static JsonObject Parameters(Population population, PopulationMember member)
    {
        var card = member.Card;
        var json = new JsonObject { ["seed"] = card.Seed, ["dataset::name"] = card.DatasetId, ["population"] = population.Record.Population, ["member"] = card.Id, ["stage"] = card.Stage };
        foreach (var (section, settings) in card.Effective as JsonObject ?? [])
            if (settings is JsonObject map)
                foreach (var (name, value) in map) json[s_names.GetValueOrDefault($"{section}.{name}") ?? $"{section}::{name}"] = value?.DeepClone();
        // Defaults are not written into a member's settings; readers of this layout expect them.
        foreach (var name in (string[])["train.optimizer", "train.lr", "train.weight_decay", "train.batch", "train.init", "train.dropout", "objective.kind"])
            json[s_names[name]] ??= JsonText.Of(MemberFilter.Find(member, 0, name));
        if (card.HeadSeed is { } seed) json["model::head::seed"] = seed;
        if (card.Head is { } head) json["model::head::mlp"] = head.Kind == Models.HeadKind.Mlp;
        if (card.ParentId is { } parent)
        {
            json["pretraining::model"] = parent;
            if (card.ParentEpoch is { } epoch) json["pretraining::model::path"] = $"pretraining/{parent}/checkpoint_{epoch:D6}/checkpoints";
        }
        foreach (var factor in card.Factors) json[$"factor::{factor.Name}"] = JsonText.Of(factor.Value);
        return json;
    }

    static string Result(PopulationMember member, EpochRecord record)
    {
        var json = new JsonObject { ["training_iteration"] = record.Epoch, ["train_loss"] = JsonText.Of(record.TrainLoss), ["train_acc"] = JsonText.Of(record.TrainAccuracy) };
        foreach (var split in record.Splits) (json[$"{split.Split}_loss"], json[$"{split.Split}_acc"]) = (JsonText.Of(split.Loss), JsonText.Of(split.Accuracy));
        json["trial_id"] = member.Id;
        json["time_this_iter_s"] = JsonText.Of(record.Seconds);
        return json.ToJsonString();
    }
}

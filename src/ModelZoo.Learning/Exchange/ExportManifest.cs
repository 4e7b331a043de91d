using System.Text.Json.Nodes;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.Exchange;

/// <summary>Parts of an export's manifest: what its columns mean, how its models are built, and which permutations leave them unchanged.</summary>
static class ExportManifest
{
    /// <summary>A sentence for each column of the index.</summary>
    public static JsonObject Columns(IEnumerable<string> factors, IEnumerable<string> splits)
    {
        var columns = new JsonObject
        {
            ["member_id"] = "the member: stage and a hash of all that makes it what it is", ["epoch"] = "of the state; 0 is before the first step", ["split"] = "train, val or test, of the member; never of a state",
            ["stage"] = "the training phase", ["parent_id"] = "the member that it began from; empty when from none", ["root_id"] = "its oldest ancestor; itself when it has none", ["head_seed"] = "siblings can be averaged only where they share it",
            ["train_loss"] = "mean over the epoch's batches, in nats", ["train_accuracy"] = "over the epoch's batches, augmented as they were", ["gap"] = "train_accuracy - test_accuracy",
        };
        foreach (var factor in factors) columns[factor] = "factor: a setting that varies between members";
        foreach (var split in splits) (columns[$"{split}_accuracy"], columns[$"{split}_loss"]) = ($"part of the split '{split}' of the data that is right after the epoch", $"mean cross-entropy on '{split}', in nats");
        return columns;
    }

    /// <summary>Members and states of each split.</summary>
    public static JsonObject Splits(IReadOnlyList<(PopulationMember Member, int Epoch)> states) =>
        new(states.GroupBy(state => state.Member.Card.Split).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonObject { ["members"] = group.Select(state => state.Member.Id).Distinct().Count(), ["states"] = group.Count() })));

    /// <summary>Architecture, head and permutations of models of one shape, where they are known.</summary>
    public static void Describe(JsonObject group, MemberCard card)
    {
        if (card.Architecture is not { } model) return;
        group["architecture"] = MemberCard.ToJson(model);
        if (card.Head is { } head) group["head"] = new JsonObject { ["kind"] = head.Kind.ToString().ToLowerInvariant(), ["hidden"] = head.Hidden, ["out"] = head.Out };
        group["permutations"] = Permutations(model, card.Head);
    }

    /// <summary>How a model was cut: what puts it together again.</summary>
    public static void DescribeTokens(JsonObject group, WeightTokens tokens)
    {
        group["token_size"] = tokens.Size;
        group["layers"] = new JsonArray([.. tokens.Layers.Select(layer => (JsonNode)new JsonObject { ["weight"] = layer.Weight, ["bias"] = layer.Bias, ["rows"] = layer.Rows, ["columns"] = layer.Columns, ["tokens_each"] = layer.TokensEach })]);
    }

    /// <summary>Which axes move together without changing what a model computes.</summary>
    public static JsonObject Permutations(Architecture model, HeadShape? head)
    {
        var list = new JsonArray();
        var reads = head is null ? "head.weight:1 (head.0.weight:1)" : head.Kind == HeadKind.Linear ? "head.weight:1" : "head.0.weight:1";
        if (model.Family == Family.Vit) AddTransformer(list, model, reads);
        else
        {
            var layers = model.Family == Family.Mlp ? "layers" : "convs";
            for (var i = 0; i < model.Hidden.Count; i++)
                list.Add((JsonNode)Of($"{layers}.{i}", model.Hidden[i], $"{layers}.{i}.weight:0", $"{layers}.{i}.bias:0", i + 1 < model.Hidden.Count ? $"{layers}.{i + 1}.weight:1" : reads));
        }
        if (head is { Kind: HeadKind.Mlp }) list.Add((JsonNode)Of("head.hidden", head.Hidden, "head.0.weight:0", "head.0.bias:0", "head.2.weight:1"));
        var note = model.Family == Family.Vit ? "axes of one entry are permuted together; inside a head, q and k share one permutation and v with the columns of proj has another" : "axes of one entry are permuted together";
        return new() { ["note"] = note, ["list"] = list };
    }

    /// <summary>The symmetries of a transformer with normalisation before each part.</summary>
    static void AddTransformer(JsonArray list, Architecture model, string reads)
    {
        list.Add((JsonNode)Of("stream", model.Dim, "cls_token:-1", "pos_embed:-1", "patch_embed.proj.weight:0", "patch_embed.proj.bias:0", "norm.weight:0", "norm.bias:0", reads,
            "blocks.*.norm1.weight:0", "blocks.*.norm1.bias:0", "blocks.*.norm2.weight:0", "blocks.*.norm2.bias:0", "blocks.*.attn.qkv.weight:1", "blocks.*.attn.proj.weight:0", "blocks.*.attn.proj.bias:0", "blocks.*.mlp.fc1.weight:1", "blocks.*.mlp.fc2.weight:0", "blocks.*.mlp.fc2.bias:0"));
        for (var b = 0; b < model.Depth; b++)
        {
            list.Add((JsonNode)Of($"blocks.{b}.hidden", model.Mlp, $"blocks.{b}.mlp.fc1.weight:0", $"blocks.{b}.mlp.fc1.bias:0", $"blocks.{b}.mlp.fc2.weight:1"));
            list.Add((JsonNode)Of($"blocks.{b}.heads", model.Heads, $"blocks.{b}.attn.qkv.weight:0 (q, k, v; blocks of {model.Dim / model.Heads} rows)", $"blocks.{b}.attn.qkv.bias:0 (likewise)", $"blocks.{b}.attn.proj.weight:1 (blocks of columns)"));
        }
    }

    static JsonObject Of(string name, int size, params string[] axes) => new() { ["name"] = name, ["size"] = size, ["axes"] = new JsonArray([.. axes.Select(axis => (JsonNode)axis)]) };
}

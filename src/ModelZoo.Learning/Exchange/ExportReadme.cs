using System.Text.Json.Nodes;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.Exchange;

/// <summary>What lies beside an export: how to read it, and which permutations leave its models unchanged.</summary>
static class ExportReadme
{
    public static string Of(PopulationRecord record, ExportForm form)
    {
        var name = form switch { ExportForm.Tokens => "tokens", ExportForm.Flat => "theta", _ => "features" };
        return $$"""
            # {{record.Population}}, revision {{record.Revision}}: {{form.ToString().ToLowerInvariant()}}

            One row of `index.csv` is one state of one member. `sample` in each file says which row a sample belongs to. Splits are of members, so
            no trajectory leaks. `manifest.json` tells of settings, constants, tensors and the SHA-256 of every file.

            ```python
            import csv, glob, numpy as np
            from safetensors.numpy import load_file

            index = list(csv.DictReader(open("index.csv")))

            def load(split):
                parts = [load_file(f) for f in sorted(glob.glob(f"**/{{form.ToString().ToLowerInvariant()}}-{split}-*.safetensors", recursive=True))]
                x = np.concatenate([p["{{name}}"] for p in parts])
                rows = np.concatenate([p["sample"] for p in parts])
                return x, [index[i] for i in rows]

            x, rows = load("train")
            y = np.array([float(r["test_accuracy"] or "nan") for r in rows])
            keep = np.isfinite(y)          # filter by any column: epoch, factors, scores
            ```
            {{(form == ExportForm.Tokens ? "\n`mask` is 1 where a token holds a real weight; `pos` is [token, layer, row]. Rows of a layer carry their bias as the last column;\nvectors without a weight (class token, positions) are layers of their own.\n" : "")}}
            """;
    }

    /// <summary>The symmetries of a transformer with normalisation before each part: which axes move together.</summary>
    public static JsonObject Permutations(Architecture model)
    {
        var list = new JsonArray { Of("stream", model.Dim, "cls_token:-1", "pos_embed:-1", "patch_embed.proj.weight:0", "patch_embed.proj.bias:0", "norm.weight:0", "norm.bias:0", "head.weight:1 (head.0.weight:1)",
            "blocks.*.norm1.weight:0", "blocks.*.norm1.bias:0", "blocks.*.norm2.weight:0", "blocks.*.norm2.bias:0", "blocks.*.attn.qkv.weight:1", "blocks.*.attn.proj.weight:0", "blocks.*.attn.proj.bias:0", "blocks.*.mlp.fc1.weight:1", "blocks.*.mlp.fc2.weight:0", "blocks.*.mlp.fc2.bias:0") };
        for (var b = 0; b < model.Depth; b++)
        {
            list.Add((JsonNode)Of($"blocks.{b}.hidden", model.Mlp, $"blocks.{b}.mlp.fc1.weight:0", $"blocks.{b}.mlp.fc1.bias:0", $"blocks.{b}.mlp.fc2.weight:1"));
            list.Add((JsonNode)Of($"blocks.{b}.heads", model.Heads, $"blocks.{b}.attn.qkv.weight:0 (q, k, v; blocks of {model.Dim / model.Heads} rows)", $"blocks.{b}.attn.qkv.bias:0 (likewise)", $"blocks.{b}.attn.proj.weight:1 (blocks of columns)"));
        }
        return new() { ["note"] = "axes of one entry are permuted together; inside a head, q and k share one permutation and v with the columns of proj has another", ["list"] = list };

        static JsonObject Of(string name, int size, params string[] axes) => new() { ["name"] = name, ["size"] = size, ["axes"] = new JsonArray([.. axes.Select(axis => (JsonNode)axis)]) };
    }
}

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>A model of a known architecture as a folder that other programs load.</summary>
static class ModelFolder
{
    static readonly JsonSerializerOptions s_pages = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>config.json, preprocessor_config.json and model.safetensors as transformers reads a ViT; other families under their own names.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(string folder, Architecture model, HeadShape head, float[] parameters, IReadOnlyDictionary<string, string> metadata, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        if (model.Family == Family.Vit)
        {
            var exported = HuggingFaceVit.Export(model, head, parameters);
            await WriteConfigsAsync(folder, exported, stop);
            await SafetensorsModel.WriteAsync(Path.Combine(folder, "model.safetensors"), exported.Tensors, metadata, null, null, stop);
            return exported.Remarks;
        }
        var layout = ParameterLayout.Of(model, head);
        var config = new JsonObject { ["model_type"] = $"modelzoo-{model.Family.ToString().ToLowerInvariant()}", ["image_size"] = model.Image, ["num_channels"] = model.Channels, ["hidden"] = new JsonArray([.. model.Hidden.Select(width => (JsonNode)width)]), ["kernel_size"] = model.Kernel, ["hidden_act"] = model.Activation.ToString().ToLowerInvariant(), ["num_labels"] = head.Out };
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), config.ToJsonString(s_pages) + "\n", stop);
        await SafetensorsModel.WriteAsync(Path.Combine(folder, "model.safetensors"), [.. layout.Tensors.Select(tensor => TensorOf(tensor, parameters))], metadata, null, null, stop);
        return ["transformers has no such architecture: weights lie under the names of this program; the ONNX export runs everywhere."];
    }

    /// <summary>onnx/model.onnx with what transformers.js wants beside it.</summary>
    public static async Task WriteOnnxAsync(string folder, Architecture model, HeadShape head, float[] parameters, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.Combine(folder, "onnx"));
        if (model.Family == Family.Vit) await WriteConfigsAsync(folder, HuggingFaceVit.Export(model, head, parameters), stop);
        await File.WriteAllBytesAsync(Path.Combine(folder, "onnx", "model.onnx"), MemberGraph.Write(model, head, parameters), stop);
    }

    static async Task WriteConfigsAsync(string folder, HuggingFaceModel exported, CancellationToken stop)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), exported.Config.ToJsonString(s_pages) + "\n", stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "preprocessor_config.json"), exported.Preprocessor.ToJsonString(s_pages) + "\n", stop);
    }

    static TensorContent TensorOf(ParameterShape tensor, float[] parameters)
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(parameters.AsSpan(tensor.Offset, tensor.Count)).ToArray();
        return new(tensor.Name, DType.F32, [.. tensor.Shape.Select(axis => (long)axis)], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    public static Task WriteReadmeAsync(string folder, string text, CancellationToken stop) => File.WriteAllTextAsync(Path.Combine(folder, "README.md"), text, new UTF8Encoding(false), stop);

    /// <summary>A card that says where the member comes from.</summary>
    public static string CardOf(Population population, PopulationMember member, int epoch)
    {
        var card = member.Card;
        var text = new StringBuilder("---\n").Append("library_name: transformers\npipeline_tag: image-classification\ntags: [population-member]\n");
        if (population.Record.Licence is { } licence) text.Append($"license: {licence.ToLowerInvariant()}\n");
        text.Append("---\n").Append($"# {card.Id}, epoch {epoch}\n\nA member of the population {population.Record.Population} (revision {population.Record.Revision}).\n\n");
        foreach (var factor in card.Factors) text.Append($"- {factor.Name}: {MemberCard.Show(factor.Value)}\n");
        if (card.ParentId is { } parent) text.Append($"- parent: {parent}, epoch {card.ParentEpoch?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "best"}\n");
        if (card.HeadSeed is { } head) text.Append($"- head seed: {head}\n");
        foreach (var split in member.Find(epoch)?.Splits ?? []) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"- {split.Split}: accuracy {split.Accuracy:0.000} on {split.Count} images\n");
        return text.ToString();
    }
}

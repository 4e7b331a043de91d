using System.Text.Json.Nodes;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>A model of a known architecture as the files that other programs load: a vision transformer as transformers names it, other families under their own names.</summary>
/// <param name="Config">config.json.</param>
/// <param name="Preprocessor">preprocessor_config.json; null where there is none.</param>
public sealed record MemberModel(JsonObject Config, JsonObject? Preprocessor, IReadOnlyList<TensorContent> Tensors, IReadOnlyList<string> Remarks)
{
    public static MemberModel Of(Models.Architecture model, HeadShape head, float[] parameters)
    {
        if (model.Family == Family.Vit)
        {
            var exported = HuggingFaceVit.Export(model, head, parameters);
            return new(exported.Config, exported.Preprocessor, exported.Tensors, exported.Remarks);
        }
        var config = new JsonObject
        {
            ["model_type"] = $"modelzoo-{model.Family.ToString().ToLowerInvariant()}", ["image_size"] = model.Image, ["num_channels"] = model.Channels, ["hidden"] = new JsonArray([.. model.Hidden.Select(width => (JsonNode)width)]),
            ["kernel_size"] = model.Kernel, ["hidden_act"] = model.Activation.ToString().ToLowerInvariant(), ["num_labels"] = head.Out,
        };
        return new(config, null, [.. ParameterLayout.Of(model, head).Tensors.Select(tensor => StateFile.Content(tensor.Name, tensor.Shape, parameters.AsSpan(tensor.Offset, tensor.Count), DType.F32))],
            ["transformers has no such architecture: weights lie under the names of this program."]);
    }
}

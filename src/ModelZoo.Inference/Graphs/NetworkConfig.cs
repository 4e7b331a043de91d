using System.Text.Json;
using ModelZoo.Inference.Files;

namespace ModelZoo.Inference.Graphs;

/// <summary>What config.json says of a network, checked before anything is computed from it.</summary>
sealed record NetworkConfig(JsonElement Json)
{
    public string Type => Json.FindText("model_type") ?? "";

    public string Architecture => Json.List("architectures").Select(name => name.Text()).FirstOrDefault() ?? "";

    public int Get(string key, string? other = null) => Find(key) ?? (other is null ? null : Find(other)) ?? throw JsonParts.Bad($"config.json lacks '{key}'.");

    public int? Find(string key) => Json.FindInt(key) is not { } number ? null : number is > 0 and <= 10_000_000 ? number : throw JsonParts.Bad($"'{key}' is {number}, which is out of range.");

    public int Layers(string key, string? other = null) => Get(key, other) is <= 1000 and var layers ? layers : throw JsonParts.Bad("The network has more than 1000 layers.");

    public double Real(string key, double otherwise) => Json.FindReal(key) ?? otherwise;

    public string Text(string key, string otherwise) => Json.FindText(key) ?? otherwise;

    /// <summary>Width of a head; the network's must be a multiple.</summary>
    public static int HeadWidth(int width, int heads) => width % heads == 0 ? width / heads : throw JsonParts.Bad($"A width of {width} does not split into {heads} heads.");
}

using System.Text.Json;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Lora;
using ModelZoo.Inference.Runtime;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Graphs;

/// <summary>
/// Runs what is stored only as safetensors: writes a graph of a known architecture, of a few kilobytes, whose weights are pieces of the stored files. They
/// are mapped where they lie; nothing is converted or copied.
/// </summary>
public static class NetworkGraphs
{
    static readonly Dictionary<string, Func<NetworkConfig, StoredWeights, byte[]>> s_known = new(StringComparer.Ordinal)
    {
        ["bert"] = EncoderGraphs.Bert, ["distilbert"] = EncoderGraphs.Bert, ["roberta"] = EncoderGraphs.Bert, ["xlm-roberta"] = EncoderGraphs.Bert, ["vit"] = EncoderGraphs.Vit,
        ["gpt2"] = CausalGraphs.Gpt2, ["llama"] = CausalGraphs.Llama, ["qwen2"] = CausalGraphs.Llama,
    };

    public static IReadOnlyCollection<string> Architectures => s_known.Keys;

    /// <summary>The graph of a model; null when its architecture is not known or it has no safetensors files.</summary>
    /// <exception cref="InferenceException">The configuration and the weights contradict each other.</exception>
    public static Task<byte[]?> FindAsync(IModelFiles files, CancellationToken stop) => FindAsync(files, [], false, stop);

    /// <summary>The same with adapters on it: in the weights, or as nodes beside them.</summary>
    public static async Task<byte[]?> FindAsync(IModelFiles files, IReadOnlyList<LoraAdapter> adapters, bool merges, CancellationToken stop)
    {
        if (await JsonParts.FindFileAsync(files, "config.json", stop) is not { } json || !s_known.TryGetValue(json.FindText("model_type") ?? "", out var write)) return null;
        if (await StoredWeights.FindAsync(files, stop) is not { } weights) return null;
        if (adapters.Count > 0) await AdaptedWeights.ApplyAsync(weights, adapters, merges, stop);
        try
        {
            return write(new(json), weights);
        }
        catch (OverflowException e)
        {
            throw new InferenceException(InferenceFault.Model, "The sizes in config.json overflow.", e);
        }
    }

    /// <summary>The most that one file of a graph holds: protobuf ends at 2 GiB.</summary>
    const long MaxWholeBytes = 1_900_000_000;

    /// <summary>The graph with its weights inside, as a file that stands alone; null when the architecture is not known.</summary>
    /// <exception cref="InferenceException">The configuration and the weights contradict each other, or they are too large for one file.</exception>
    public static async Task<byte[]?> FindWholeAsync(IModelFiles files, CancellationToken stop)
    {
        if (await JsonParts.FindFileAsync(files, "config.json", stop) is not { } json || !s_known.TryGetValue(json.FindText("model_type") ?? "", out var write)) return null;
        if (await StoredWeights.FindAsync(files, stop) is not { } weights) return null;
        await weights.TakeAllAsync(MaxWholeBytes, stop);
        return write(new(json), weights);
    }

    /// <summary>Loads a model of that kind from its folder.</summary>
    public static async Task<OnnxSession?> FindSessionAsync(string folder, SessionSettings settings, CancellationToken stop, IReadOnlyList<LoraAdapter>? adapters = null, bool merges = false) =>
        await FindAsync(new FolderFiles(folder), adapters ?? [], merges, stop) is { } graph ? await OnnxSession.OpenAsync(graph, settings, folder, null, stop) : null;
}

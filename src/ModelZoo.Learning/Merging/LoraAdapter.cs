using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A low-rank adapter in PEFT's files: pairs A [r, inputs] and B [outputs, r] with their factors, and the modules that it holds whole.</summary>
/// <param name="Pairs">By the name of the base's tensor that they are added to.</param>
public sealed record LoraAdapter(string Name, IReadOnlyDictionary<string, LoraPair> Pairs)
{
    /// <summary>PEFT's names for an adapter's files.</summary>
    public const string ConfigFile = "adapter_config.json";
    public const string WeightsFile = "adapter_model.safetensors";

    /// <summary>Numbers that one adapter's pairs may hold: they are kept in memory.</summary>
    const long MostNumbers = 1L << 28;

    /// <summary>Tensors that stand in place of the base's, by their names there: saved modules such as a new head, and biases. Read from where they lie.</summary>
    public IReadOnlyDictionary<string, TensorContent> Saved { get; init; } = new Dictionary<string, TensorContent>(StringComparer.Ordinal);

    /// <summary>DoRA: the lengths that rows have in the end, by the name of the base's tensor.</summary>
    public IReadOnlyDictionary<string, double[]> Magnitudes { get; init; } = new Dictionary<string, double[]>(StringComparer.Ordinal);

    /// <summary>What the head's classes are called, where the adapter says so; PEFT's files do not.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>SEQ_CLS, CAUSAL_LM …; null where the configuration does not say.</summary>
    public string? TaskType { get; init; }

    internal IReadOnlyList<string> SavedModules { get; init; } = [];

    internal string Bias { get; init; } = "none";

    /// <summary>The largest rank of its pairs; smaller ones are written with rows and columns of zeros.</summary>
    public int Rank => Pairs.Values.Max(pair => pair.Rank);

    /// <param name="config">adapter_config.json.</param>
    /// <param name="tensors">Saved modules among them are read when the result is, so their files stay open until then.</param>
    /// <exception cref="MergeException">The files contradict each other, or say something that is not merged here.</exception>
    public static async Task<LoraAdapter> ReadAsync(string name, JsonElement config, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var said = LoraConfiguration.Read(name, config);
        var (parts, saved) = (new Dictionary<(string Module, LoraPart Part), TensorContent>(), new Dictionary<string, TensorContent>(StringComparer.Ordinal));
        foreach (var tensor in tensors)
        {
            if (LoraNames.Find(tensor.Name) is { } place)
            {
                if (!parts.TryAdd(place, tensor)) throw new MergeException($"'{name}' holds two adapters: '{tensor.Name}' is there twice.");
                continue;
            }
            var own = LoraNames.Saved(tensor.Name);
            if (!said.Saves(own)) throw new MergeException($"'{tensor.Name}' of '{name}' belongs to no pair and to no saved module.");
            if (!saved.TryAdd(own, tensor with { Name = LoraNames.Kept(tensor.Name) })) throw new MergeException($"'{name}' holds two tensors '{own}'.");
        }
        if (parts.Values.Sum(Count) > MostNumbers) throw new MergeException($"'{name}' holds more than {MostNumbers} numbers, which is no adapter.");
        var (pairs, magnitudes) = (new Dictionary<string, LoraPair>(StringComparer.Ordinal), new Dictionary<string, double[]>(StringComparer.Ordinal));
        foreach (var ((module, part), tensor) in parts)
        {
            if (part is LoraPart.A or LoraPart.TableA) pairs.Add($"{module}.weight", await PairAsync(module, part == LoraPart.TableA, tensor));
            else if (!parts.ContainsKey((module, LoraPart.A)) && (part is LoraPart.B or LoraPart.Bias || !parts.ContainsKey((module, LoraPart.TableA)))) throw new MergeException($"'{tensor.Name}' has no other half.");
            if (part == LoraPart.Magnitude) magnitudes.Add($"{module}.weight", await AllAsync(tensor));
            if (part == LoraPart.Bias) pairs.Add($"{module}.bias", new([1], await AllAsync(tensor), 1, 1, checked((int)Count(tensor)), said.For(module).Scale) { Layout = LoraLayout.Vector });
        }
        foreach (var (target, pair) in pairs)
        {
            if (said.UsesDora && pair.Layout is LoraLayout.Table or LoraLayout.Vector) throw new MergeException($"'{target}' of '{name}': DoRA is merged for matrices and kernels only.");
            if (said.UsesDora != magnitudes.ContainsKey(target) && pair.Layout != LoraLayout.Vector) throw new MergeException($"'{target}' of '{name}' {(said.UsesDora ? "lacks its lora_magnitude_vector" : "has a lora_magnitude_vector, and use_dora is not said")}.");
            if (said.UsesDora && magnitudes[target].Length != pair.Outputs) throw new MergeException($"'{target}' of '{name}' has {pair.Outputs} rows and {magnitudes[target].Length} lengths.");
        }
        if (pairs.Count == 0) throw new MergeException($"'{name}' holds no pairs of lora_A and lora_B.");
        return new(name, pairs) { Saved = saved, Magnitudes = magnitudes, TaskType = said.TaskType, SavedModules = said.SavedModules, Bias = said.Bias };

        async Task<LoraPair> PairAsync(string module, bool isTable, TensorContent a)
        {
            var b = parts.GetValueOrDefault((module, isTable ? LoraPart.TableB : LoraPart.B)) ?? throw new MergeException($"'{a.Name}' has no other half.");
            // A kernel's second half is one by one.
            if (a.Shape.Count < 2 || b.Shape.Count != a.Shape.Count || a.Shape[0] != b.Shape[1] || b.Shape.Skip(2).Any(axis => axis != 1) || (isTable && a.Shape.Count > 2)) throw new MergeException($"The halves of '{a.Name}' do not fit together.");
            var (rank, scale) = said.For(module);
            if (a.Shape[0] != rank) throw new MergeException($"'{a.Name}' has the rank {a.Shape[0]}; the configuration of '{name}' says {rank}.");
            var (inputs, outputs) = (checked((int)(Count(a) / rank)), checked((int)b.Shape[0]));
            var (first, second) = (await AllAsync(a), await AllAsync(b));
            if (isTable) return new(LoraPair.Transposed(second, outputs, rank), LoraPair.Transposed(first, rank, inputs), rank, outputs, inputs, scale) { Layout = LoraLayout.Table };
            return new(first, second, rank, inputs, outputs, scale) { Layout = a.Shape.Count > 2 ? LoraLayout.Kernel : LoraLayout.Matrix, Kernel = a.Shape.Count > 2 ? [.. a.Shape.Skip(1)] : [], FansIn = said.FansIn && a.Shape.Count == 2 };
        }

        async Task<double[]> AllAsync(TensorContent tensor)
        {
            var values = new double[Count(tensor)];
            await new WideReader().ReadAsync(tensor, 0, values, stop);
            return values;
        }
    }

    static long Count(TensorContent tensor) => tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis));

    /// <summary>Its tensors under PEFT's names: pairs in float32 with the factor put into B, so that α/r is 1, and saved modules as they are.</summary>
    public IReadOnlyList<TensorContent> ToTensors()
    {
        if (Magnitudes.Count > 0) throw new MergeException($"'{Name}' is a DoRA adapter, which is merged into a base, not into an adapter.");
        if (Pairs.FirstOrDefault(pair => pair.Value.Layout == LoraLayout.Vector).Key is { } bias) throw new MergeException($"'{Name}' adds to '{bias}' (lora_bias); it is merged into a base, not into an adapter.");
        var rank = Rank;
        var tensors = new List<TensorContent>();
        foreach (var (target, pair) in Pairs.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            var module = LoraNames.Wrapper + ModuleOf(target);
            var (a, b) = (new float[rank * pair.Inputs], new float[pair.Outputs * rank]);
            for (var i = 0; i < pair.A.Length; i++) a[i] = (float)pair.A[i];
            for (var o = 0; o < pair.Outputs; o++)
                for (var k = 0; k < pair.Rank; k++) b[o * rank + k] = (float)(pair.Scale * pair.B[o * pair.Rank + k]);
            if (pair.Layout == LoraLayout.Table)
            {
                tensors.Add(Content($"{module}.lora_embedding_A", [rank, pair.Outputs], Turned(b, pair.Outputs, rank)));
                tensors.Add(Content($"{module}.lora_embedding_B", [pair.Inputs, rank], Turned(a, rank, pair.Inputs)));
                continue;
            }
            tensors.Add(Content($"{module}.lora_A.weight", pair.Kernel.Count > 0 ? [rank, .. pair.Kernel] : [rank, pair.Inputs], a));
            tensors.Add(Content($"{module}.lora_B.weight", [pair.Outputs, rank, .. pair.Kernel.Skip(1).Select(_ => 1L)], b));
        }
        return [.. tensors, .. Saved.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => each.Value)];

        static float[] Turned(float[] values, int rows, int columns)
        {
            var turned = new float[values.Length];
            for (var r = 0; r < rows; r++)
                for (var c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
            return turned;
        }

        static TensorContent Content(string name, long[] shape, float[] values)
        {
            var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            return new(name, DType.F32, shape, new MemoryByteSource(bytes), 0, bytes.Length);
        }
    }

    /// <summary>adapter_config.json of <see cref="ToTensors"/>: another adapter's of the same base, with this one's rank, modules and saved modules.</summary>
    public JsonObject ToConfig(JsonElement like)
    {
        var config = JsonNode.Parse(like.GetRawText())!.AsObject();
        (config["r"], config["lora_alpha"], config["use_rslora"]) = (Rank, Rank, false);
        // Whole paths: names of modules alone would mean those of every layer.
        config["target_modules"] = Names(Pairs.Keys.Select(ModuleOf));
        config["modules_to_save"] = SavedModules.Count > 0 ? Names(SavedModules) : null;
        (config["bias"], config["fan_in_fan_out"]) = (Bias, Pairs.Values.Any(pair => pair.FansIn));
        foreach (var key in (string[])["rank_pattern", "alpha_pattern"])
            if (config.ContainsKey(key)) config[key] = new JsonObject();
        foreach (var key in (string[])["layers_to_transform", "layers_pattern", "exclude_modules"])
            if (config.ContainsKey(key)) config[key] = null;
        return config;

        static JsonArray Names(IEnumerable<string> names) => new([.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]);
    }

    static string ModuleOf(string tensor) => tensor.EndsWith(".weight", StringComparison.Ordinal) ? tensor[..^".weight".Length] : tensor;
}

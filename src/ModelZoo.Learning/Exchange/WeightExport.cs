using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

public enum ExportForm { Tokens, Flat, Features }

/// <summary>How numbers are made comparable before they are exported, with constants of the train split only.</summary>
public enum Standardization { None, Layer, MinMax, L2 }

/// <param name="TokenSize">Numbers of a token; 0 for the widest row.</param>
/// <param name="Align">Permutes every state towards the first of its shapes before anything else, so that equal units stand in equal places.</param>
public sealed record ExportSettings(ExportForm Form, Scope Scope, int TokenSize = 0, Standardization Standardization = Standardization.None, long MaxShardBytes = 1L << 30, bool Align = false);

/// <summary>
/// A population as files for learning from weights: one row of the index a state, and beside it tokens, flat vectors or statistics, by split of the
/// members. States are read one after the other; memory does not grow with their number.
/// </summary>
public sealed class WeightExport
{
    readonly Population _population;
    readonly ExportSettings _settings;
    readonly string _folder;
    readonly List<string> _files = [];
    readonly JsonArray _groups = [];
    (string Name, float[] Parameters)? _reference;
    (string Name, float[] Parameters)? _aligned;
    JsonObject _columns = [];

    WeightExport(Population population, ExportSettings settings, string folder) => (_population, _settings, _folder) = (population, settings, folder);

    /// <param name="states">Members with epochs, in the order of the index.</param>
    /// <returns>Paths of the files made, relative to the folder.</returns>
    public static async Task<IReadOnlyList<string>> WriteAsync(Population population, IReadOnlyList<(PopulationMember Member, int Epoch)> states, ExportSettings settings, string folder, CancellationToken stop)
    {
        if (states.Count == 0) throw new PopulationException("No state is chosen, so there is nothing to export.");
        var export = new WeightExport(population, settings, Path.GetFullPath(folder));
        Directory.CreateDirectory(export._folder);
        await export.WriteIndexAsync(states, stop);
        var groups = new List<(string Shapes, List<(PopulationMember Member, int Epoch, int Row)> States)>();
        for (var row = 0; row < states.Count; row++)
        {
            var shapes = (await population.OpenCheckpointAsync(states[row].Member, states[row].Epoch, settings.Scope, stop)).ShapeGroup;
            if (groups.FirstOrDefault(group => group.Shapes == shapes) is not { States: { } list }) groups.Add((shapes, list = []));
            list.Add((states[row].Member, states[row].Epoch, row));
        }
        for (var g = 0; g < groups.Count; g++) await export.WriteGroupAsync(groups.Count > 1 ? $"shapes-{g + 1}/" : "", groups[g].States, stop);
        await export.WriteManifestAsync(states, stop);
        return export._files;
    }

    async Task WriteIndexAsync(IReadOnlyList<(PopulationMember Member, int Epoch)> states, CancellationToken stop)
    {
        var factors = MemberTable.FactorNames(states.Select(state => state.Member));
        var members = states.Select(state => state.Member).DistinctBy(member => member.Id).ToList();
        var splits = MemberTable.SplitNames(members);
        var columns = ExportManifest.Columns(factors, splits);
        // What an imported zoo measured besides, under its own names.
        var others = members.SelectMany(member => member.Records).SelectMany(record => record.Others?.Keys ?? []).Distinct().Where(name => !columns.ContainsKey(name)).Order(StringComparer.Ordinal).ToList();
        foreach (var name in others) columns[name] = "as the source of the population reported it";
        _columns = columns;
        var rows = new List<IReadOnlyList<string>> { (List<string>)["member_id", "epoch", "split", "stage", "parent_id", "root_id", "head_seed", .. factors, "train_loss", "train_accuracy", .. splits.SelectMany(split => new[] { $"{split}_accuracy", $"{split}_loss" }), "gap", .. others] };
        foreach (var (member, epoch) in states)
        {
            var (card, record) = (member.Card, member.Find(epoch));
            rows.Add((List<string>)[card.Id, epoch.ToString(CultureInfo.InvariantCulture), card.Split, card.Stage, card.ParentId ?? "", card.RootId, card.HeadSeed?.ToString(CultureInfo.InvariantCulture) ?? "", .. factors.Select(name => card.Factor(name) ?? ""),
                CsvText.Number(record?.TrainLoss), CsvText.Number(record?.TrainAccuracy), .. splits.SelectMany(split => new[] { CsvText.Number(record?.Find(split)?.Accuracy), CsvText.Number(record?.Find(split)?.Loss) }), CsvText.Number(record?.TrainAccuracy - member.Accuracy(epoch, "test")), .. others.Select(name => CsvText.Number(record?.Others?.TryGetValue(name, out var value) == true ? value : null))]);
        }
        await WriteTextAsync("index.csv", CsvText.Write(rows), stop);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "index.parquet"), ParquetTable.Write(rows, new Dictionary<string, string> { ["population"] = $"{_population.Record.Population}@{_population.Record.Revision}" }), stop);
        _files.Add("index.parquet");
    }

    async Task WriteGroupAsync(string prefix, List<(PopulationMember Member, int Epoch, int Row)> states, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.Combine(_folder, prefix));
        _reference = _settings.Align ? ($"{states[0].Member.Id}@{states[0].Epoch}", await _population.ReadParametersAsync(states[0].Member, states[0].Epoch, stop)) : null;
        var first = await TensorsAsync(states[0].Member, states[0].Epoch, stop);
        var constants = await ConstantsAsync(first, states, stop);
        var description = new JsonObject { ["folder"] = prefix, ["states"] = states.Count, ["tensors"] = new JsonArray([.. first.Select(tensor => (JsonNode)new JsonObject { ["name"] = tensor.Name, ["shape"] = new JsonArray([.. tensor.Shape.Select(axis => (JsonNode)axis)]) })]) };
        if (constants is not null) description["constants"] = new JsonObject(constants.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonObject { ["offset"] = pair.Value.Offset, ["scale"] = pair.Value.Scale })));
        if (_reference is { } reference) description["aligned_to"] = reference.Name;
        ExportManifest.Describe(description, states[0].Member.Card);
        _groups.Add((JsonNode)description);
        if (_settings.Form == ExportForm.Flat) await WriteTextAsync($"{prefix}index_dict.json", IndexOf(first).ToJsonString(), stop);
        var size = _settings.Form == ExportForm.Tokens && _settings.TokenSize == 0 ? WeightTokens.Of(first, 0).Size : _settings.TokenSize;
        if (_settings.Form == ExportForm.Tokens) ExportManifest.DescribeTokens(description, WeightTokens.Of(first, size));
        if (_settings.Form == ExportForm.Features)
        {
            // Small, so all splits share a file; the index says which row is of which.
            await WriteShardAsync($"{prefix}features.safetensors", states, first, (await SampleAsync(states[0].Member, states[0].Epoch, null, size, stop)).Length, null, size, stop);
            return;
        }
        foreach (var split in (string[])["train", "val", "test"])
        {
            var chosen = states.Where(state => state.Member.Card.Split == split).ToList();
            if (chosen.Count == 0) continue;
            var each = await SampleAsync(chosen[0].Member, chosen[0].Epoch, constants, size, stop);
            var perShard = (int)Math.Clamp(_settings.MaxShardBytes / Math.Max(1L, (long)each.Length * sizeof(float)), 1, int.MaxValue);
            for (var (shard, at) = (0, 0); at < chosen.Count; shard++, at += perShard)
            {
                var part = chosen.GetRange(at, Math.Min(perShard, chosen.Count - at));
                await WriteShardAsync($"{prefix}{_settings.Form.ToString().ToLowerInvariant()}-{split}-{shard:D5}.safetensors", part, first, each.Length, constants, size, stop);
            }
        }
    }

    async Task WriteShardAsync(string path, List<(PopulationMember Member, int Epoch, int Row)> part, IReadOnlyList<TokenTensor> like, int length, IReadOnlyDictionary<string, (double Offset, double Scale)>? constants, int size, CancellationToken stop)
    {
        var rows = part.Select(state => (long)state.Row).ToArray();
        var tokens = _settings.Form == ExportForm.Tokens ? WeightTokens.Of(like, size) : null;
        long[] shape = tokens is not null ? [part.Count, tokens.Tokens.Length / size, size] : [part.Count, length];
        var samples = new StackedStates(part.Count, length * sizeof(float), async (i, halt) => MemoryMarshal.AsBytes(await SampleAsync(part[i].Member, part[i].Epoch, constants, size, halt)).ToArray());
        var tensors = new List<TensorContent>
        {
            new(_settings.Form switch { ExportForm.Tokens => "tokens", ExportForm.Flat => "theta", _ => "features" }, DType.F32, shape, samples, 0, samples.Length),
            Raw("sample", DType.I64, MemoryMarshal.AsBytes(rows.AsSpan()), part.Count),
        };
        if (_settings.Standardization == Standardization.L2 && _settings.Form != ExportForm.Features)
        {
            // What undoes it: each sample was divided by its own.
            var norms = new StackedStates(part.Count, sizeof(double), async (i, halt) => BitConverter.GetBytes(Norm(await TensorsAsync(part[i].Member, part[i].Epoch, halt))));
            tensors.Add(new("norm", DType.F64, [part.Count], norms, 0, norms.Length));
        }
        if (tokens is not null)
        {
            tensors.Add(Raw("mask", DType.U8, tokens.Mask, tokens.Mask.Length / size, size));
            tensors.Add(Raw("pos", DType.I32, MemoryMarshal.AsBytes(tokens.Positions.AsSpan()), tokens.Positions.Length / 3, 3));
        }
        await SafetensorsModel.WriteAsync(Path.Combine(_folder, path), tensors, new Dictionary<string, string> { ["population"] = _population.Record.Population, ["revision"] = $"{_population.Record.Revision}" }, null, null, stop);
        _files.Add(path);

        static TensorContent Raw(string name, DType type, ReadOnlySpan<byte> bytes, params long[] shape) => new(name, type, shape, new MemoryByteSource(bytes.ToArray()), 0, bytes.Length);
    }

    /// <summary>One state's numbers as its row of the export.</summary>
    async Task<float[]> SampleAsync(PopulationMember member, int epoch, IReadOnlyDictionary<string, (double Offset, double Scale)>? constants, int size, CancellationToken stop)
    {
        var tensors = await TensorsAsync(member, epoch, stop);
        if (_settings.Form == ExportForm.Features)
            return [.. tensors.SelectMany(tensor => TensorStatistics.Of(tensor.Name, [.. tensor.Values.Select(value => (double)value)], PercentileSet.Inner).Features).Select(value => (float)value)];
        if (_settings.Standardization == Standardization.L2)
        {
            var norm = Norm(tensors);
            if (norm > 0) tensors = [.. tensors.Select(tensor => tensor with { Values = [.. tensor.Values.Select(value => (float)(value / norm))] })];
        }
        else if (constants is not null)
            tensors = [.. tensors.Select(tensor =>
            {
                var (offset, scale) = constants[LayerOf(tensor.Name, constants)];
                return tensor with { Values = [.. tensor.Values.Select(value => (float)((value - offset) / scale))] };
            })];
        return _settings.Form == ExportForm.Tokens ? WeightTokens.Of(tensors, size).Tokens : [.. tensors.SelectMany(tensor => tensor.Values)];
    }

    static double Norm(IReadOnlyList<TokenTensor> tensors) => Math.Sqrt(tensors.Sum(tensor => tensor.Values.Sum(value => (double)value * value)));

    /// <summary>A bias takes its weight's constants.</summary>
    static string LayerOf(string tensor, IReadOnlyDictionary<string, (double Offset, double Scale)> constants) =>
        tensor.EndsWith(".bias", StringComparison.Ordinal) && constants.ContainsKey(tensor[..^5] + ".weight") ? tensor[..^5] + ".weight" : tensor;

    /// <summary>Mean and √(mean variance), or range, of each tensor over the train members' states.</summary>
    async Task<IReadOnlyDictionary<string, (double Offset, double Scale)>?> ConstantsAsync(IReadOnlyList<TokenTensor> like, List<(PopulationMember Member, int Epoch, int Row)> states, CancellationToken stop)
    {
        if (_settings.Standardization is Standardization.None or Standardization.L2 || _settings.Form == ExportForm.Features) return null;
        var train = states.Where(state => state.Member.Card.Split == "train").ToList();
        if (train.Count == 0) throw new PopulationException("No state of the train split is chosen; constants of a standardisation come from there alone.");
        var (means, variances) = (new double[like.Count], new double[like.Count]);
        var (lows, highs) = (Enumerable.Repeat(double.PositiveInfinity, like.Count).ToArray(), Enumerable.Repeat(double.NegativeInfinity, like.Count).ToArray());
        foreach (var (member, epoch, _) in train)
        {
            var tensors = await TensorsAsync(member, epoch, stop);
            for (var t = 0; t < like.Count; t++)
            {
                var values = tensors[t].Values;
                var mean = values.Sum(value => (double)value) / values.Length;
                means[t] += mean / train.Count;
                variances[t] += values.Sum(value => (value - mean) * (value - mean)) / values.Length / train.Count;
                lows[t] = Math.Min(lows[t], values.Min());
                highs[t] = Math.Max(highs[t], values.Max());
            }
        }
        return Enumerable.Range(0, like.Count).ToDictionary(t => like[t].Name, t => _settings.Standardization == Standardization.Layer
            ? (means[t], variances[t] > 0 ? Math.Sqrt(variances[t]) : 1) : ((lows[t] + highs[t]) / 2, highs[t] > lows[t] ? (highs[t] - lows[t]) / 2 : 1));
    }

    async Task<IReadOnlyList<TokenTensor>> TensorsAsync(PopulationMember member, int epoch, CancellationToken stop)
    {
        if (_reference is { } reference) return await AlignedAsync(member, epoch, reference.Parameters, stop);
        var checkpoint = await _population.OpenCheckpointAsync(member, epoch, _settings.Scope, stop);
        var numbers = new double[checkpoint.Count];
        await checkpoint.ReadAsync(0, numbers, new(), stop);
        var tensors = new List<TokenTensor>();
        var at = 0;
        foreach (var tensor in checkpoint.Tensors)
        {
            var values = new float[tensor.Shape.Aggregate(1L, (product, axis) => product * axis)];
            for (var i = 0; i < values.Length; i++) values[i] = (float)numbers[at++];
            tensors.Add(new(tensor.Name, [.. tensor.Shape.Select(axis => (int)axis)], values));
        }
        return tensors;
    }

    async Task<IReadOnlyList<TokenTensor>> AlignedAsync(PopulationMember member, int epoch, float[] target, CancellationToken stop)
    {
        if (member.Card is not { Architecture: { Family: Models.Family.Vit } model, Head: { } head }) throw new PopulationException($"{member.Id} is no vision transformer that is known here; only those are aligned.");
        // Twice the same gives the same: the permutation is a pure function of both.
        if (_aligned is not { } known || known.Name != $"{member.Id}@{epoch}") _aligned = known = ($"{member.Id}@{epoch}", Merging.VitAlignment.Run(model, head, target, await _population.ReadParametersAsync(member, epoch, stop), stop).Parameters);
        // In the order of the file, as states that are not aligned.
        var layout = Models.ParameterLayout.Of(model, head);
        return [.. (await _population.OpenCheckpointAsync(member, epoch, _settings.Scope, stop)).Tensors.Select(tensor => layout[tensor.Name]).Select(tensor => new TokenTensor(tensor.Name, tensor.Shape, known.Parameters[tensor.Offset..(tensor.Offset + tensor.Count)]))];
    }

    static JsonArray IndexOf(IReadOnlyList<TokenTensor> tensors)
    {
        var (index, offset) = (new JsonArray(), 0L);
        foreach (var tensor in tensors)
        {
            index.Add((JsonNode)new JsonObject { ["name"] = tensor.Name, ["shape"] = new JsonArray([.. tensor.Shape.Select(axis => (JsonNode)axis)]), ["offset"] = offset });
            offset += tensor.Values.Length;
        }
        return index;
    }

    async Task WriteManifestAsync(IReadOnlyList<(PopulationMember Member, int Epoch)> states, CancellationToken stop)
    {
        var record = _population.Record;
        await WriteTextAsync("README.md", ExportReadme.Of(record, _settings.Form), stop);
        var sums = new JsonObject();
        foreach (var file in _files)
        {
            using var stream = File.OpenRead(Path.Combine(_folder, file));
            sums[file] = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, stop));
        }
        var manifest = new JsonObject
        {
            ["population"] = record.Population, ["revision"] = record.Revision, ["address"] = $"{record.Population}@{record.Revision}", ["states_by_content"] = await AddressesAsync(states, stop), ["licence"] = record.Licence, ["form"] = _settings.Form.ToString().ToLowerInvariant(), ["scope"] = _settings.Scope.Name,
            ["standardization"] = _settings.Standardization.ToString().ToLowerInvariant(), ["states"] = states.Count, ["members"] = states.Select(state => state.Member.Id).Distinct().Count(),
            ["features"] = _settings.Form == ExportForm.Features ? "per tensor in order: mean, variance, percentiles 1, 25, 50, 75, 99" : null,
            ["aligned"] = _settings.Align, ["split"] = "by member: FNV-1a-64 of its id (or of its root's) modulo 100", ["splits"] = ExportManifest.Splits(states), ["columns"] = _columns, ["groups"] = _groups, ["sha256"] = sums,
        };
        if (states[0].Member.Card is { Architecture: { } model } card) manifest["permutations"] = ExportManifest.Permutations(model, card.Head);
        if (await _population.FindBlueprintTextAsync(stop) is { } blueprint) manifest["blueprint"] = blueprint;
        await File.WriteAllBytesAsync(Path.Combine(_folder, "manifest.json"), JsonText.Page(manifest), stop);
        _files.Add("manifest.json");
    }

    /// <summary>Each state by the SHA-256 of its tensors, so that <c>member@epoch</c> means the same wherever a copy lies.</summary>
    async Task<JsonObject> AddressesAsync(IReadOnlyList<(PopulationMember Member, int Epoch)> states, CancellationToken stop)
    {
        var addresses = new JsonObject();
        foreach (var (member, epoch) in states) addresses[$"{member.Id}@{epoch}"] = await StateDigest.OfAsync(await _population.OpenStateAsync(member, epoch, stop), stop);
        return addresses;
    }

    async Task WriteTextAsync(string path, string text, CancellationToken stop)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, path), text, new UTF8Encoding(false), stop);
        _files.Add(path);
    }

    /// <summary>Rows of one length behind each other, each made when it is read.</summary>
    sealed class StackedStates(int count, int rowBytes, Func<int, CancellationToken, Task<byte[]>> make) : IByteSource
    {
        byte[] _row = [];
        int _held = -1;

        public long Length => (long)count * rowBytes;

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
        {
            if (offset >= Length) return 0;
            var (row, within) = ((int)(offset / rowBytes), (int)(offset % rowBytes));
            if (row != _held) (_row, _held) = (await make(row, stop), row);
            var taken = Math.Min(buffer.Length, rowBytes - within);
            _row.AsMemory(within, taken).CopyTo(buffer);
            return taken;
        }
    }
}

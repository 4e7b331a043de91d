using System.Globalization;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>A state as it is kept: safetensors, in the order of its names.</summary>
/// <param name="Shapes">Names and shapes as one text, for telling which members differ.</param>
/// <param name="Zeros">The part of its weights that masks made zero; null for dense ones.</param>
sealed record ImportedState(byte[] Weights, byte[]? Optimizer, byte[]? Average, string Shapes, double? Zeros);

/// <summary>Reads states that strangers saved, as data: what a pickle would run is refused by name. What is doubtful about them becomes a flag.</summary>
sealed class ImportedStates(IModelFiles files, ImportSettings settings, ImportTally tally)
{
    /// <summary>Above this a weight is flagged; the literature drops such samples.</summary>
    const double LargeWeight = 100;
    const string Distributed = "module.";
    const string Wrapper = "vit.";

    /// <summary>A state is held whole for a moment, and arrays end there.</summary>
    const long MostBytes = 2_000_000_000;

    /// <summary>Views may show one number a billion times; a real state shares a few tensors.</summary>
    const long FreeBytes = 64 << 20, MostGrowth = 16;

    readonly double[] _block = new double[1 << 14];
    readonly WideReader _reader = new();

    /// <summary>A state; null when it was left out, which the tally then says.</summary>
    public async Task<ImportedState?> ReadAsync(string path, SortedSet<string> flags, CancellationToken stop)
    {
        if (await FindSourceAsync(path, stop) is not { } source) return null;
        using var _ = source as IDisposable;
        try
        {
            var file = await HeaderAsync(source, stop);
            var parts = CheckpointParts.Of(file, TensorContent.Of(file, source));
            if (parts.Model.Count == 0) throw new MergeException(parts.HasOptimizer ? "it holds an optimiser's state and no model" : "it holds no tensors");
            if (parts.Wrapper is { } wrapper) flags.Add($"weights lay under '{wrapper}'");
            if (parts.Others.Count > 0) flags.Add($"left out beside them: {string.Join(", ", parts.Others.Take(10))}");
            RequireRoom(parts.Model.Concat(parts.Average).Concat(settings.KeepsOptimizer ? parts.Optimizer : []), source.Length);
            var tensors = Unprefixed(parts.Model, flags);
            // The wrapper's names stay; without it they are timm's.
            if (tensors.All(tensor => tensor.Name.StartsWith(Wrapper, StringComparison.Ordinal))) flags.Add("prefix 'vit.' kept; without it names are timm's");
            double? zeros = null;
            if (SparseMasks.Are(tensors))
            {
                tally.Masked++;
                if (!settings.KeepsMasks) tensors = await SparseMasks.ApplyAsync(tensors, stop);
                zeros = await ZerosAsync(tensors, stop);
            }
            await FlagAsync(tensors, flags, stop);
            var weights = await StateFile.WriteAsync(tensors, new Dictionary<string, string> { ["format"] = "pt" }, stop);
            if (parts.Average.Count > 0) tally.Averages++;
            var average = parts.Average.Count == 0 ? null : await StateFile.WriteAsync(Unprefixed(parts.Average, flags), new Dictionary<string, string> { ["format"] = "pt" }, stop);
            return new(weights, parts.HasOptimizer ? await OptimizerAsync(parts.Optimizer, parts.OptimizerValues, stop) : null, average, ShapesOf(tensors), zeros);
        }
        catch (Exception problem) when (IsTheirs(problem))
        {
            tally.Skip($"'{path}' was left out: {problem.Message}");
            return null;
        }
    }

    /// <summary>A state whose tensors were found already; null when it was left out.</summary>
    public async Task<ImportedState?> KeepAsync(string name, IReadOnlyList<TensorContent> tensors, SortedSet<string> flags, CancellationToken stop)
    {
        try
        {
            if (tensors.Sum(tensor => tensor.ByteLength) > MostBytes) throw new MergeException($"a state has at most {MostBytes} bytes");
            tensors = Unprefixed(tensors, flags);
            await FlagAsync(tensors, flags, stop);
            return new(await StateFile.WriteAsync(tensors, new Dictionary<string, string> { ["format"] = "pt" }, stop), null, null, ShapesOf(tensors), null);
        }
        catch (Exception problem) when (IsTheirs(problem))
        {
            tally.Skip($"'{name}' was left out: {problem.Message}");
            return null;
        }
    }

    /// <summary>The state of an optimiser that lies in a file of its own; null when it is left out.</summary>
    public async Task<byte[]?> ReadOptimizerAsync(string path, CancellationToken stop)
    {
        if (!settings.KeepsOptimizer)
        {
            tally.Optimizers++;
            return null;
        }
        if (await FindSourceAsync(path, stop) is not { } source) return null;
        using var _ = source as IDisposable;
        try
        {
            var file = await HeaderAsync(source, stop);
            var tensors = TensorContent.Of(file, source);
            RequireRoom(tensors, source.Length);
            return await OptimizerAsync(tensors, file.Metadata.Where(pair => pair.Value is not MetadataValue.Series { Items: null }).ToDictionary(pair => pair.Key, pair => pair.Value.ToString()!), stop);
        }
        catch (Exception problem) when (IsTheirs(problem))
        {
            tally.Skip($"'{path}' was left out: {problem.Message}");
            return null;
        }
    }

    /// <summary>What is wrong with a file and not with this machine: the member goes on without it.</summary>
    internal static bool IsTheirs(Exception problem) => problem is WeightFormatException or MergeException or ArgumentException or OverflowException or InvalidDataException or EndOfStreamException;

    /// <exception cref="MergeException">The file names code.</exception>
    internal static async Task<WeightFile> HeaderAsync(IByteSource source, CancellationToken stop, bool keepLists = false)
    {
        var file = await WeightReader.ReadHeaderAsync(source, new() { KeepLongLists = keepLists }, stop);
        return file.RefusedGlobals.Count == 0 ? file : throw new MergeException($"it names code ({string.Join(", ", file.RefusedGlobals.Take(5))}), which is not run");
    }

    async Task<IByteSource?> FindSourceAsync(string path, CancellationToken stop)
    {
        try
        {
            return await files.OpenAsync(path, stop);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            tally.Skip($"'{path}' was left out: {problem.Message}");
            return null;
        }
    }

    static string ShapesOf(IReadOnlyList<TensorContent> tensors) => string.Join(';', tensors.Select(tensor => $"{tensor.Name}[{string.Join(',', tensor.Shape)}]"));

    static void RequireRoom(IEnumerable<TensorContent> tensors, long fileBytes)
    {
        var bytes = tensors.Sum(tensor => tensor.ByteLength);
        if (bytes > MostBytes) throw new MergeException($"its tensors come to {bytes} bytes; a state has at most {MostBytes}");
        if (bytes > FreeBytes + MostGrowth * fileBytes) throw new MergeException($"its tensors come to {bytes} bytes, far more than the {fileBytes} of the file");
    }

    static IReadOnlyList<TensorContent> Unprefixed(IReadOnlyList<TensorContent> tensors, SortedSet<string> flags)
    {
        if (!tensors.All(tensor => tensor.Name.StartsWith(Distributed, StringComparison.Ordinal))) return tensors;
        flags.Add("prefix 'module.' taken off");
        return [.. tensors.Select(tensor => tensor with { Name = tensor.Name[Distributed.Length..] })];
    }

    async Task<byte[]?> OptimizerAsync(IReadOnlyList<TensorContent> tensors, IReadOnlyDictionary<string, string> values, CancellationToken stop)
    {
        tally.Optimizers++;
        if (!settings.KeepsOptimizer) return null;
        return await StateFile.WriteAsync(tensors, values.Append(KeyValuePair.Create("format", "pt")).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal), stop);
    }

    async Task FlagAsync(IReadOnlyList<TensorContent> tensors, SortedSet<string> flags, CancellationToken stop)
    {
        foreach (var tensor in tensors.Where(tensor => tensor.DType.IsFloating && TensorCast.CanDecode(tensor.DType)))
            await EachBlockAsync(tensor, block =>
            {
                foreach (var value in block.Span)
                    if (!double.IsFinite(value)) flags.Add("not finite");
                    else if (Math.Abs(value) > LargeWeight) flags.Add($"weights beyond {LargeWeight.ToString(CultureInfo.InvariantCulture)}");
            }, stop);
    }

    async Task<double> ZerosAsync(IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        long zeros = 0, all = 0;
        foreach (var tensor in tensors.Where(tensor => tensor.DType.IsFloating && TensorCast.CanDecode(tensor.DType)))
            await EachBlockAsync(tensor, block =>
            {
                all += block.Length;
                foreach (var value in block.Span) zeros += value == 0 ? 1 : 0;
            }, stop);
        return all == 0 ? 0 : (double)zeros / all;
    }

    async Task EachBlockAsync(TensorContent tensor, Action<ReadOnlyMemory<double>> look, CancellationToken stop)
    {
        var count = tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis));
        for (long done = 0; done < count; done += _block.Length)
        {
            var block = _block.AsMemory(0, (int)Math.Min(_block.Length, count - done));
            await _reader.ReadAsync(tensor, done, block, stop);
            look(block);
        }
    }
}

using System.Globalization;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>Reads states that strangers saved, as data: what a pickle would run is refused by name. What is doubtful about them becomes a flag.</summary>
sealed class ImportedStates(IModelFiles files, List<string> skipped)
{
    /// <summary>Above this a weight is flagged; the literature drops such samples.</summary>
    const double LargeWeight = 100;
    const string Distributed = "module.";
    const string Wrapper = "vit.";

    /// <summary>A state as safetensors, in the order of its names; null when it was left out.</summary>
    /// <param name="shapes">Gets names and shapes as one text, for telling which members differ.</param>
    public async Task<byte[]?> ReadAsync(string path, SortedSet<string> flags, Action<string>? shapes, CancellationToken stop)
    {
        try
        {
            var source = await files.OpenAsync(path, stop);
            using var _ = source as IDisposable;
            var file = await WeightReader.ReadHeaderAsync(source, stop);
            if (file.RefusedGlobals.Count > 0) throw new MergeException($"it names code ({string.Join(", ", file.RefusedGlobals.Take(5))}), which is not run");
            var tensors = TensorContent.Of(file, source);
            if (tensors.Count == 0) throw new MergeException("it holds no tensors");
            if (tensors.All(tensor => tensor.Name.StartsWith(Distributed, StringComparison.Ordinal)))
            {
                flags.Add("prefix 'module.' taken off");
                tensors = [.. tensors.Select(tensor => tensor with { Name = tensor.Name[Distributed.Length..] })];
            }
            // The wrapper's names stay; without it they are timm's.
            if (tensors.All(tensor => tensor.Name.StartsWith(Wrapper, StringComparison.Ordinal))) flags.Add("prefix 'vit.' kept; without it names are timm's");
            foreach (var tensor in tensors.Where(tensor => tensor.DType.IsFloating && TensorCast.CanDecode(tensor.DType)))
            {
                var seen = await TensorStatistics.OfAsync(tensor, PercentileSet.Inner, stop);
                if (seen.NotFinite > 0) flags.Add("not finite");
                else if (seen.LargestSize > LargeWeight) flags.Add($"weights beyond {LargeWeight.ToString(CultureInfo.InvariantCulture)}");
            }
            shapes?.Invoke(string.Join(';', tensors.Select(tensor => $"{tensor.Name}[{string.Join(',', tensor.Shape)}]")));
            return await StateFile.WriteAsync(tensors, new Dictionary<string, string> { ["format"] = "pt" }, stop);
        }
        catch (Exception problem) when (problem is WeightFormatException or MergeException or ArgumentException or OverflowException)
        {
            skipped.Add($"'{path}' was left out: {problem.Message}");
            return null;
        }
    }
}

using ModelZoo.Profiling.Graphs;
using ModelZoo.Weights;
using ModelZoo.Weights.Onnx;

namespace ModelZoo.Profiling;

/// <summary>What an ONNX graph says beyond its tensors: learned parameters, products by shape inference, live activations.</summary>
public static class OnnxProfiler
{
    internal static async Task<Profile> RefineAsync(Profile profile, IModelFiles files, string path, CancellationToken stop)
    {
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        try
        {
            return Refine(profile, await OnnxNetwork.ReadAsync(source, stop), new Dictionary<string, long>());
        }
        catch (Exception problem) when (problem is WeightFormatException or OverflowException)
        {
            return profile with { Notices = [.. profile.Notices, $"The graph was not followed: {problem.Message}"] };
        }
    }

    /// <summary>The graph of a file once more, at other sizes of its open axes.</summary>
    /// <param name="sizes">By the names that the file gives them, or <c>height</c>, <c>width</c> and <c>sequence</c>.</param>
    /// <exception cref="ProfileException">A size cannot be.</exception>
    public static async Task<Profile> ResizeAsync(Profile profile, IModelFiles files, string path, IReadOnlyDictionary<string, long> sizes, CancellationToken stop)
    {
        foreach (var (name, size) in sizes)
            if (size is < 1 or > 1 << 24) throw new ProfileException($"The axis '{name}' cannot be {size} long.");
        var source = await files.OpenAsync(path, stop);
        using var _ = source as IDisposable;
        return Refine(profile with { Notices = [.. profile.Notices.Where(notice => !notice.StartsWith(Filled, StringComparison.Ordinal) && !notice.StartsWith(NotFollowed, StringComparison.Ordinal))] }, await OnnxNetwork.ReadAsync(source, stop), sizes);
    }

    const string Filled = "Open axes were filled:";
    const string NotFollowed = "Nodes whose shapes or inner graphs could not be told:";

    /// <param name="sizes">Lengths of symbolic axes by their names.</param>
    public static Profile Refine(Profile profile, OnnxNetwork network, IReadOnlyDictionary<string, long> sizes, long opset = 13)
    {
        var cost = GraphCost.Of(network, sizes, opset);
        var isImage = network.Inputs is [{ Shape.Count: 4 }, ..];
        var notices = new List<string>(profile.Notices);
        if (cost.Assumed.Count > 0) notices.Add($"{Filled} {string.Join(", ", cost.Assumed.Take(10))}.");
        if (cost.Unknown.Count > 0) notices.Add($"{NotFollowed} {string.Join(", ", cost.Unknown.Take(10).Select(pair => $"{pair.Value} × {pair.Key}"))}.");
        var how = $"shapes of {network.Nodes.Count:N0} nodes; batch 1";
        var input = network.Inputs.Count > 0 ? network.Inputs[0].Shape : null;
        var side = isImage && input![2].Length is { } height ? height : 0;
        profile = profile with
        {
            Family = profile.Family != ModelFamily.Unknown ? profile.Family : network.Nodes.Any(n => n.Operator is "Conv" or "QLinearConv") && isImage ? ModelFamily.ConvolutionalNetwork : ModelFamily.Unknown,
            Parameters = new(cost.Parameters, Origin.Header, "initialisers that feed products, convolutions, look-ups and norms"),
            ActiveParameters = new(cost.Parameters, Origin.Header, "all parameters"), ActiveWithoutEmbedding = null, Notices = notices,
            Shape = profile.Shape with { ImageSize = side > 0 ? side : null },
        };
        if (!cost.IsComplete || cost.Macs == 0)
            return profile with { NotMeasured = Profiler.With(profile.NotMeasured, Profiler.Missing(cost.Macs == 0 ? "the graph multiplies no matrices that could be followed" : "shapes of some products could not be told", "flopPerUnit")) };
        return profile with
        {
            Work = new()
            {
                Unit = isImage ? WorkUnit.Image : WorkUnit.Input, FlopPerUnit = 2 * cost.Macs, ActivationElements = cost.OutputElements, PeakActivationElements = cost.PeakBytes / 4, ImageSize = side,
            },
            FlopPerUnit = new(2 * cost.Macs, Origin.Config, how), ActivationElements = new(cost.OutputElements, Origin.Config, "outputs of products and convolutions"),
            PeakActivationElements = new(cost.PeakBytes / 4, Origin.Config, "most numbers alive at once in the file's order: an upper bound"),
            NotMeasured = profile.NotMeasured.Where(pair => pair.Key is not ("flopPerUnit" or "kvCacheBytesPerToken")).ToDictionary(p => p.Key, p => p.Value),
        };
    }
}

namespace ModelZoo.Profiling;

/// <summary>
/// The arithmetic of mlsysim under its own assumptions, for comparison: one roofline over whole samples (harvard-edge/cs249r_book, mlsysim/engine/engine.py
/// at e0fde03) and the two phases of serving (engine/solvers/serving.py at 5b698b5). What it leaves out is left out here as well; docs/mlsysim.md says where and why we differ.
/// </summary>
sealed class Textbook(Profile profile, WorkModel work, Device device, Assumptions given, double weightBytes)
{
    /// <summary>PCIe 5 in one direction, where a device names no link of its own.</summary>
    const double DefaultHostLink = 64e9;

    double Rate => given.Rate * given.Compute;

    double LayerCount => Math.Max(1, work.HasDecoder ? work.LayerCount : profile.Shape.Layers ?? 0);

    double Parameters => profile.Parameters?.Value ?? 0;

    /// <summary>Whole samples: activations are a tenth of the weights each. As soon as one byte spills, everything crosses the host's link.</summary>
    public StepTime Sample(double batch, bool fits)
    {
        var flop = batch * (profile.FlopPerUnit is { Origin: Origin.Declared } declared ? declared.Value : 2 * (profile.ActiveParameters?.Value ?? Parameters));
        var bytes = weightBytes * (1 + 0.1 * batch);
        return new(flop, bytes, flop / Rate, bytes / Bandwidth(fits), 0, given.DispatchSeconds + LayerCount * given.LayerSeconds);
    }

    double Bandwidth(bool fits)
    {
        var own = device.SramBandwidth is { } inside && weightBytes <= device.SramBytes ? inside : device.FlashBandwidth ?? device.Bandwidth ?? 0;
        return (fits ? own : Math.Min(device.Bandwidth ?? 0, device.HostLinkBandwidth ?? DefaultHostLink)) * given.BandwidthShare;
    }

    /// <summary>All weights (of a mixture: all experts) and the whole cache are read for each token; compute is left out.</summary>
    public StepTime Decode(double batch, double context)
    {
        var bytes = weightBytes + CacheBytes(batch, context);
        return new(2 * Parameters * batch, bytes, 0, bytes / (given.Bandwidth * given.BandwidthShare), 0, LayerCount * given.LayerSeconds);
    }

    /// <summary>Two FLOP per parameter (of a mixture: all) and token, and the full square of attention; traffic is left out.</summary>
    public StepTime Prefill(double batch, double tokens, double cached)
    {
        var fresh = Math.Max(1, tokens - cached);
        var width = profile.Shape is { Heads: > 0 and var heads, Hidden: { } hidden } ? hidden / heads * (double)heads : 0;
        var flop = 2 * Parameters * fresh * batch + 4 * LayerCount * width * fresh * tokens * batch;
        return new(flop, 0, flop / Rate, 0, 0, given.DispatchSeconds);
    }

    /// <summary>In the format of the weights, without windows.</summary>
    public double CacheBytes(double batch, double context)
    {
        double elements = 0;
        for (var i = 0; i < work.Layers.Count; i++) elements += work.Layers[i].Count * work.Layers[i].CacheElements;
        return elements * context * batch * given.WeightBits / 8;
    }
}

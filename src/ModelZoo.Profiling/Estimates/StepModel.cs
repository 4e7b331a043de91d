namespace ModelZoo.Profiling;

/// <summary>
/// One model on one kind of device under fixed assumptions: times and memory as plain arithmetic over a few layer groups. Nothing is
/// allocated per call, so sweeps and searches are cheap.
/// </summary>
public sealed class StepModel(Profile profile, WorkModel work, Device device, Scenario scenario, Assumptions given)
{
    readonly double _parameters = profile.Parameters?.Value ?? 0;
    readonly double _rate = given.Rate * given.Compute;
    readonly double _bandwidth = BandwidthOf(profile, work, device, scenario, given) * given.BandwidthShare;

    /// <summary>A micro-controller reads weights from flash, unless they and the arena lie in SRAM together.</summary>
    static double BandwidthOf(Profile profile, WorkModel work, Device device, Scenario scenario, Assumptions given)
    {
        if (!device.IsMicrocontroller || device.SramBandwidth is not (> 0 and var sram)) return given.Bandwidth;
        var arena = scenario.ActivationBytes * scenario.Batch * work.PeakActivationElements + given.RuntimeBytes;
        return (profile.Parameters?.Value ?? 0) * given.WeightBits / 8 + arena <= device.SramBytes ? sram : given.Bandwidth;
    }

    public Assumptions Given => given;

    public Device Device => device;

    /// <summary>What a host's processor reaches of its memory's bandwidth (the efficiency of decoding on CPUs); null: weights are sent over the link.</summary>
    public double? HostBandwidth => scenario.HostBandwidth * 0.60;

    public double Overhead(double steps = 1) => steps * (given.DispatchSeconds + LayerCount * given.LayerSeconds);

    double LayerCount => work.HasDecoder ? work.LayerCount : profile.Shape.Layers ?? 0;

    /// <summary>Devices that share one copy's compute and weights.</summary>
    int Split => scenario.Parallelism is Parallelism.Tensor or Parallelism.Expert ? scenario.Devices : 1;

    /// <summary>Bytes of all weights in the chosen format, draft layers and buffers included where headers tell.</summary>
    public double WeightBytes => scenario.Weights is { } chosen ? chosen.BytesOf(_parameters, profile.EmbeddingAndHead)
        : profile.WeightBytes?.Value ?? _parameters * given.WeightBits / 8;

    /// <summary>One token for each of <paramref name="batch"/> sequences that have <paramref name="context"/> tokens, the new one included.</summary>
    public StepTime Decode(double batch, double context)
    {
        var input = InputTokens;
        if (IsTextbook) return InTextbook.Decode(batch, context);
        var flop = batch * work.TokenFlop(context, input);
        var read = MatrixBytes(work.WeightsRead(batch));
        var cache = batch * work.CacheElements(context, input) * scenario.CacheBytes;
        var bytes = read + cache + 2 * batch * work.StateElements * scenario.StateBytes;
        return Time(flop, bytes, read, batch, 1);
    }

    /// <summary>The prompts of a whole batch, in chunks; each chunk reads the weights and the cache before it.</summary>
    public StepTime Prefill(double batch, double prompt)
    {
        var cached = Math.Min(scenario.CachedPrefix, prompt - 1);
        var tokens = prompt - cached;
        if (IsTextbook) return InTextbook.Prefill(batch, prompt, cached);
        var encoder = work.EncoderWeights > 0 && work.HasDecoder ? Encode(batch, InputTokens) : default;
        if (work.EncoderWeights > 0 && work.HasDecoder) (tokens, cached) = (1, 0);
        var perChunk = Math.Min(scenario.Chunk, tokens);
        var sequencesPerChunk = Math.Max(1, Math.Min(batch, Math.Floor(scenario.Chunk / perChunk)));
        var rounds = Math.Ceiling(batch / sequencesPerChunk);
        var chunks = Math.Ceiling(tokens / scenario.Chunk);
        StepTime sum = default;
        // Beyond 64 chunks their mean is as good as their sum.
        var stride = Math.Max(1, Math.Ceiling(chunks / 64));
        for (double chunk = 0; chunk < chunks; chunk += stride)
        {
            var from = cached + chunk * scenario.Chunk;
            var count = Math.Min(stride, chunks - chunk);
            var length = Math.Min(scenario.Chunk * count, cached + tokens - from) / count;
            var sequences = Math.Min(batch, sequencesPerChunk);
            var isLast = chunk + count >= chunks;
            // Pairs of tokens add up over neighbouring chunks, so these need not be walked one by one.
            var flop = work.PromptFlop(length * count, from) - (isLast ? 0 : 2 * work.HeadWeights);
            var read = MatrixBytes(work.WeightsRead(length * sequences));
            var before = from + length * (count - 1) / 2;
            var bytes = read + sequences * scenario.CacheBytes * (work.CacheElements(length) + work.CacheElements(before))
                + scenario.ActivationBytes * length * sequences * work.ActivationElements * (work.EncoderWeights > 0 ? 0 : scenario.ActivationShare);
            var step = Time(flop / count * sequences, bytes, read, length * sequences, 1);
            sum += Times(step, count * rounds);
        }
        return sum + encoder;
    }

    /// <summary>One step that carries a token of each sequence and a chunk of somebody's prompt: the weights are read once for both.</summary>
    public StepTime Mixed(double batch, double context, double chunk)
    {
        var input = InputTokens;
        var read = MatrixBytes(work.WeightsRead(batch + chunk));
        var cache = (batch * work.CacheElements(context, input) + work.CacheElements(chunk)) * scenario.CacheBytes + 2 * batch * work.StateElements * scenario.StateBytes;
        return Time(batch * work.TokenFlop(context, input) + work.PromptFlop(chunk), read + cache, read, batch + chunk, 1);
    }

    /// <summary>An encoder over sequences of a length.</summary>
    public StepTime Encode(double batch, double tokens)
    {
        if (IsTextbook && !work.HasDecoder) return InTextbook.Sample(batch, Fits(batch, tokens));
        if (work.FixedInputTokens > 0) tokens = work.FixedInputTokens;
        var read = MatrixBytes(work.EncoderWeights + work.CrossWeights);
        return Time(batch * work.EncoderFlop(tokens), read + scenario.ActivationBytes * batch * tokens * work.ActivationElements * scenario.ActivationShare, read, batch * tokens, 1);
    }

    /// <summary>Images, calls or inputs of fixed cost; every call reads the weights again.</summary>
    public StepTime Forward(double batch)
    {
        if (IsTextbook) return InTextbook.Sample(batch, Fits(batch, scenario.Context));
        if (work.HasDecoder) return Prefill(batch, scenario.Prompt ?? scenario.Context);
        var read = work.CallWeights > 0 && _parameters > 0 ? WeightBytes * Math.Min(1, work.CallWeights / _parameters) : WeightBytes;
        var lookedUp = batch * work.LookUpElements * given.WeightBits / 8;
        return Time(batch * UnitFlop, read + lookedUp + 2 * scenario.ActivationBytes * batch * work.ActivationElements * Scale, read, batch, 1);
    }

    /// <summary>What runs once per result beside the calls: text encoders and the decoder of latents.</summary>
    public StepTime Once(double batch)
    {
        if (work.OnceFlop <= 0) return default;
        var read = _parameters > 0 ? WeightBytes * Math.Min(1, work.OnceWeights / _parameters) : 0;
        return Time(batch * work.OnceFlop * Scale, read, read, batch, 1) with { OverheadSeconds = given.DispatchSeconds };
    }

    /// <summary>FLOP of one unit at the scenario's size of pictures: tokens and pixels grow with the area, attention between them with its square.</summary>
    public double UnitFlop => (work.FlopPerUnit - work.PairFlop) * Scale + work.PairFlop * Scale * Scale;

    /// <summary>Area of a picture against the one that costs are known for.</summary>
    public double Scale => scenario.ImageSize is { } size && work.ImageSize > 0 ? size * size / (work.ImageSize * work.ImageSize) : 1;

    public double InputTokens => work.EncoderWeights > 0 && work.HasDecoder ? work.FixedInputTokens > 0 ? work.FixedInputTokens : scenario.InputTokens ?? scenario.Prompt ?? scenario.Context : 0;

    bool IsTextbook => scenario.Preset == Preset.Mlsysim;

    Textbook InTextbook => new(profile, work, device, given, WeightBytes);

    StepTime Time(double flop, double bytes, double read, double tokens, double steps)
    {
        var split = Split;
        // Weights and compute are shared out. The cache of a device shrinks only as far as heads can be dealt out.
        var own = read / split + (bytes - read) / Math.Min(split, CacheSplit(split));
        return new(flop, bytes, flop / split / _rate, own / _bandwidth, Network(tokens), Overhead(steps));
    }

    static StepTime Times(StepTime step, double count) => new(step.Flop * count, step.Bytes * count, step.ComputeSeconds * count, step.MemorySeconds * count, step.NetworkSeconds * count, step.OverheadSeconds * count);

    /// <summary>A compressed cache is needed whole everywhere; others split by key/value heads.</summary>
    double CacheSplit(int devices)
    {
        if (scenario.Parallelism == Parallelism.Pipeline) return devices;
        if (scenario.Parallelism != Parallelism.Tensor) return 1;
        foreach (var layer in work.Layers)
            if (layer.Attention == AttentionKind.Latent) return 1;
        return Math.Clamp(profile.Shape.KeyValueHeads ?? devices, 1, devices);
    }

    double MatrixBytes(double weights) => (weights - work.HeadWeights) * given.WeightBits / 8 + work.HeadWeights * given.HeadBits / 8;

    double Network(double tokens)
    {
        if (scenario.Devices < 2 || scenario.Parallelism == Parallelism.Replicas) return 0;
        var message = tokens * (profile.Shape.Hidden ?? 0) * scenario.ActivationBytes;
        var link = given.LinkBandwidth;
        if (link <= 0) return double.PositiveInfinity;
        switch (scenario.Parallelism)
        {
            case Parallelism.Tensor:
                return 2 * LayerCount * Links.RingAllReduce(message, scenario.Devices, link, given.LinkSeconds);
            case Parallelism.Pipeline:
                return (scenario.Devices - 1) * (message / link + given.LinkSeconds);
            default:
                double mixtures = 0, perToken = 0;
                foreach (var layer in work.Layers)
                    if (layer.Experts > 0) (mixtures, perToken) = (mixtures + layer.Count, layer.ExpertsPerToken);
                return 2 * mixtures * Links.AllToAll(message * perToken, scenario.Devices, link, given.LinkSeconds);
        }
    }

    /// <summary>What one device must hold.</summary>
    public MemoryPlan Memory(double batch, double context)
    {
        var n = scenario.Devices;
        var weights = scenario.Parallelism switch
        {
            Parallelism.Replicas => WeightBytes,
            Parallelism.Expert => ExpertShare(n),
            _ => WeightBytes / n,
        };
        if (IsTextbook) return new(weights, work.HasDecoder && scenario.Phase != Phase.Forward ? InTextbook.CacheBytes(batch, context) : 0, 0, 0, 0, 0);
        double cache = 0, state = 0, transient;
        if (work.HasDecoder)
        {
            var tokens = scenario.Page > 0 ? Math.Ceiling(context / scenario.Page) * scenario.Page : context;
            var inFlight = Math.Min(scenario.Chunk, Math.Max(scenario.Prompt ?? context, 1) * batch);
            cache = scenario.CacheBytes * batch * work.CacheElements(tokens, InputTokens) / (scenario.Parallelism == Parallelism.Replicas ? 1 : CacheSplit(n));
            state = scenario.StateBytes * batch * work.StateElements / (scenario.Parallelism == Parallelism.Tensor ? n : 1);
            transient = scenario.ActivationBytes * inFlight * work.TransientElements + batch * work.Vocabulary * 4;
            if (!scenario.HasFlashAttention) transient += scenario.ActivationBytes * batch * (profile.Shape.Heads ?? 0) * context * context;
        }
        else if (work.IsEncoder) transient = scenario.ActivationBytes * batch * context * work.TransientElements + (scenario.HasFlashAttention ? 0 : scenario.ActivationBytes * batch * (profile.Shape.Heads ?? 0) * context * context);
        else transient = scenario.ActivationBytes * batch * work.PeakActivationElements * Scale;
        return new(weights, cache, state, transient, given.RuntimeBytes, scenario.CompanionBytes);
    }

    double ExpertShare(int devices)
    {
        double experts = 0;
        foreach (var layer in work.Layers) experts += layer.Count * layer.ExpertWeights * layer.Experts;
        var bytes = Math.Min(WeightBytes, experts * given.WeightBits / 8);
        return WeightBytes - bytes + bytes / devices;
    }

    public double Available => ((IsTextbook ? device.MemoryBytes : null) ?? device.CapacityBytes ?? 0) * given.MemoryShare;

    /// <summary>Micro-controllers have two memories: weights in flash, the arena in SRAM.</summary>
    public bool Fits(double batch, double context)
    {
        var plan = Memory(batch, context);
        if (device.IsMicrocontroller && !IsTextbook) return plan.Weights <= device.FlashBytes && plan.Total - plan.Weights <= device.SramBytes;
        return plan.Total <= Available;
    }

    /// <summary>The largest batch at a context; 0 when not even one fits.</summary>
    public long LargestBatch(double context) => Largest(batch => Fits(batch, context));

    /// <summary>The largest context of a batch; 0 when none fits.</summary>
    public long LargestContext(double batch, long? limit = null)
    {
        var largest = Largest(context => Fits(batch, context));
        return limit is { } most ? Math.Min(most, largest) : largest;
    }

    /// <summary>The largest batch whose step stays below a latency and that fits; both grow with the batch, so it is bisected.</summary>
    public long LargestBatch(double context, double seconds) => Largest(batch => Fits(batch, context) && Decode(batch, context).Seconds <= seconds);

    static long Largest(Func<double, bool> holds)
    {
        if (!holds(1)) return 0;
        long low = 1, high = 2;
        while (high <= 1L << 40 && holds(high)) (low, high) = (high, high * 2);
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (holds(middle)) low = middle;
            else high = middle;
        }
        return low;
    }

    /// <summary>The batch at which decoding turns from memory-bound to compute-bound; null when it never does at this context.</summary>
    public double? TurningBatch(double context)
    {
        var perSequence = work.TokenFlop(context, InputTokens) / _rate - work.CacheElements(context, InputTokens) * scenario.CacheBytes / _bandwidth;
        return perSequence <= 0 ? null : MatrixBytes(work.WeightsRead(1)) / _bandwidth / perSequence;
    }
}

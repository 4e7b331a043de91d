using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Datasets;

namespace ModelZoo.Bench.TrainingGraphs;

/// <summary>
/// Trains the members of a step's graph: two sets of parameters and moments, each step reading one and writing the other, bound once so that nothing is
/// copied. For one thread; several trainers may share a session.
/// </summary>
sealed class GraphTrainer : IDisposable
{
    static readonly string[] s_state = ["parameters", "first", "second"];

    readonly OnnxSession _session;
    readonly ImageSet _set;
    readonly int _members;
    readonly int _batch;
    readonly float[][][] _state;
    readonly float[] _images;
    readonly float[] _targets;
    readonly float[][] _numbers = [[1], [0], [1]];
    readonly float[] _loss;
    readonly float[] _gradients;
    readonly (string Name, Tensor Value)[][] _inputs;
    readonly List<Tensor> _tensors = [];
    readonly BoundRun[] _runs = new BoundRun[2];
    readonly int[][] _orders;
    readonly Random _random = new(1);
    int _now;
    long _steps;

    /// <param name="starts">First parameters of each member.</param>
    public GraphTrainer(OnnxSession session, ImageSet set, int batch, float[][] starts)
    {
        (_session, _set, _batch, _members) = (session, set, batch, starts.Length);
        var count = starts[0].Length;
        long[] stack = _members == 1 ? [] : [_members];
        _state = [[[.. starts.SelectMany(start => start)], new float[_members * count], new float[_members * count]], [new float[_members * count], new float[_members * count], new float[_members * count]]];
        (_images, _targets) = (new float[_members * batch * set.PixelsEach], new float[_members * batch * set.Classes]);
        (_loss, _gradients) = (new float[_members], new float[_members * count]);
        _orders = [.. starts.Select(_ => Enumerable.Range(0, set.Count).ToArray())];
        (string, Tensor)[] given =
        [
            ("images", Over(_images, [.. stack, batch, set.Side, set.Side])), ("targets", Over(_targets, [.. stack, batch, set.Classes])),
            ("keep", Over(_numbers[0], 1)), ("rate", Over(_numbers[1], 1)), ("correction", Over(_numbers[2], 1)),
        ];
        (string, Tensor)[] taken = [("loss", Over(_loss, _members)), ("gradients", Over(_gradients, [.. stack, count]))];
        var states = _state.Select(state => state.Select(values => Over(values, [.. stack, count])).ToArray()).ToArray();
        _inputs = [.. states.Select(state => (((string, Tensor)[])[.. given, .. s_state.Zip(state)]))];
        for (var i = 0; i < 2; i++) _runs[i] = new(session, _inputs[i], [.. taken, .. s_state.Select(name => $"new_{name}").Zip(states[1 - i])]);
    }

    /// <summary>Of the last step, each member's mean over its batch.</summary>
    public ReadOnlySpan<float> Loss => _loss;

    /// <summary>Of the last step, the members one after the other.</summary>
    public ReadOnlySpan<float> Gradients => _gradients;

    public ReadOnlySpan<float> Parameters => _state[_now][0];

    /// <summary>Copies parameters and moments out of each run and into the next, instead of binding them.</summary>
    public bool Copies { get; init; }

    /// <summary>Trains every member for an epoch, each over an order of its own.</summary>
    public void RunEpoch(double rate, double weightDecay, double smoothing)
    {
        foreach (var order in _orders) _random.Shuffle(order);
        for (var step = 0; step < _set.Count / _batch; step++) Step(step * _batch, rate, weightDecay, smoothing);
    }

    void Step(int from, double rate, double weightDecay, double smoothing)
    {
        _targets.AsSpan().Fill((float)(smoothing / _set.Classes));
        for (var member = 0; member < _members; member++)
            for (var i = 0; i < _batch; i++)
            {
                var (image, at) = (_orders[member][from + i], member * _batch + i);
                _set.Read(image, _images.AsSpan(at * _set.PixelsEach, _set.PixelsEach));
                _targets[at * _set.Classes + _set.Labels[image]] = (float)(1 - smoothing + smoothing / _set.Classes);
            }
        _steps++;
        _numbers[0][0] = (float)(1 - rate * weightDecay);
        _numbers[1][0] = (float)(rate / (1 - Math.Pow(0.9, _steps)));
        _numbers[2][0] = (float)(1 / Math.Sqrt(1 - Math.Pow(0.999, _steps)));
        if (!Copies)
        {
            _runs[_now].Run(CancellationToken.None);
            _now = 1 - _now;
            return;
        }
        using var outputs = _session.Run(_inputs[_now], ["loss", "new_parameters", "new_first", "new_second"], CancellationToken.None);
        outputs[0].Span<float>().CopyTo(_loss);
        for (var i = 0; i < s_state.Length; i++) outputs[i + 1].Span<float>().CopyTo(_state[_now][i]);
    }

    Tensor Over(float[] values, params long[] shape)
    {
        var tensor = Tensor.Of<float>(values, shape);
        _tensors.Add(tensor);
        return tensor;
    }

    public void Dispose()
    {
        foreach (var run in _runs) run.Dispose();
        foreach (var tensor in _tensors) tensor.Dispose();
    }
}

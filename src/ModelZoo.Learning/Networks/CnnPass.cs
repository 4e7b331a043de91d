using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>
/// Convolutions that keep the picture's size, each followed by the activation and, while the side is even, by the mean of 2 × 2; then the mean over the
/// picture. Dropout acts between convolutions, behind the means, as in the published zoos. Pictures lie as [samples, y, x, channels], so a convolution is a matrix product over gathered neighbourhoods.
/// </summary>
sealed class CnnPass : NetworkPass
{
    readonly Convolution[] _layers;

    public CnnPass(Architecture model, HeadShape head) : base(model, head) =>
        _layers = [.. Enumerable.Range(0, model.Hidden.Count).Select(i => new Convolution(this, $"convs.{i}", i))];

    protected override void ForwardBackbone(StepWeights weights, ReadOnlySpan<float> images)
    {
        var first = _layers[0].Input;
        var plane = Model.Image * Model.Image;
        for (var s = 0; s < Samples; s++)
        for (var c = 0; c < Model.Channels; c++)
        for (var at = 0; at < plane; at++) first[(s * plane + at) * Model.Channels + c] = images[(s * Model.Channels + c) * plane + at];
        for (var i = 0; i < _layers.Length; i++) _layers[i].Forward(weights, Samples, i + 1 < _layers.Length ? _layers[i + 1].Input : null);
        var last = _layers[^1];
        var spots = last.PooledSide * last.PooledSide;
        Features.AsSpan().Clear();
        for (var s = 0; s < Samples; s++)
        {
            var to = Features.AsSpan(s * Model.Features, Model.Features);
            for (var at = 0; at < spots; at++) RowOps.Add(last.Pooled.AsSpan((s * spots + at) * Model.Features, Model.Features), to);
            foreach (ref var value in to) value /= spots;
        }
    }

    protected override void BackwardBackbone(StepWeights weights, ReadOnlySpan<float> dFeatures, Span<float> gradients)
    {
        var last = _layers[^1];
        var spots = last.PooledSide * last.PooledSide;
        for (var s = 0; s < Samples; s++)
        for (var at = 0; at < spots; at++)
        for (var c = 0; c < Model.Features; c++) last.DPooled[(s * spots + at) * Model.Features + c] = dFeatures[s * Model.Features + c] / spots;
        for (var i = _layers.Length - 1; i >= 0; i--) _layers[i].Backward(weights, Samples, gradients, i > 0 ? _layers[i - 1].DPooled : null);
    }

    sealed class Convolution
    {
        readonly LinearLayer _layer;
        readonly Dropout? _dropout;
        readonly Activation _activation;
        readonly int _side;
        readonly int _kernel;
        readonly int _channels;
        readonly float[] _gathered;
        readonly float[] _values;
        readonly float[] _slopes;
        readonly float[] _dValues;
        readonly float[] _dGathered;

        public Convolution(NetworkPass pass, string name, int index)
        {
            var model = pass.Model;
            _layer = new(pass.Layout, name);
            _activation = model.Activation;
            _kernel = model.Kernel;
            _side = model.SideAfter(index);
            PooledSide = model.SideAfter(index + 1);
            _channels = _layer.Inputs / (_kernel * _kernel);
            var rows = TileSamples * _side * _side;
            Input = new float[rows * _channels];
            _gathered = new float[rows * _layer.Inputs];
            _dGathered = new float[rows * _layer.Inputs];
            _values = new float[rows * _layer.Outputs];
            _slopes = new float[rows * _layer.Outputs];
            _dValues = new float[rows * _layer.Outputs];
            Pooled = new float[TileSamples * PooledSide * PooledSide * _layer.Outputs];
            DPooled = new float[Pooled.Length];
            if (index + 1 < model.Hidden.Count) _dropout = pass.AddDropout(Pooled.Length / TileSamples);
        }

        public int PooledSide { get; }

        public float[] Input { get; }

        public float[] Pooled { get; }

        public float[] DPooled { get; }

        public void Forward(StepWeights weights, int samples, float[]? next)
        {
            var rows = samples * _side * _side;
            Array.Clear(_gathered);
            Neighbours(samples, (from, to) => _gathered[to] = Input[from]);
            var values = _values.AsSpan(0, rows * _layer.Outputs);
            _layer.Forward(weights, rows, _gathered, values);
            Activations.Apply(_activation, values, _slopes);
            Pool(samples, forward: true);
            var pooled = Pooled.AsSpan(0, samples * PooledSide * PooledSide * _layer.Outputs);
            _dropout?.Forward(pooled);
            if (next is not null) pooled.CopyTo(next);
        }

        public void Backward(StepWeights weights, int samples, Span<float> gradients, float[]? dPrevious)
        {
            var rows = samples * _side * _side;
            _dropout?.Backward(DPooled);
            Pool(samples, forward: false);
            var dValues = _dValues.AsSpan(0, rows * _layer.Outputs);
            RowOps.Multiply(_slopes.AsSpan(0, dValues.Length), dValues);
            _layer.BackwardWeights(rows, _gathered, dValues, gradients);
            if (dPrevious is null) return;
            _layer.BackwardInput(weights, rows, dValues, _dGathered, add: false);
            Array.Clear(dPrevious);
            Neighbours(samples, (from, to) => dPrevious[from] += _dGathered[to]);
        }

        /// <summary>Visits each input number that lies under a kernel: where it is, and where in [rows, channels, k, k] it is gathered.</summary>
        void Neighbours(int samples, Action<int, int> visit)
        {
            var half = _kernel / 2;
            for (var s = 0; s < samples; s++)
            for (var y = 0; y < _side; y++)
            for (var x = 0; x < _side; x++)
            for (var i = Math.Max(0, half - y); i < Math.Min(_kernel, _side + half - y); i++)
            for (var j = Math.Max(0, half - x); j < Math.Min(_kernel, _side + half - x); j++)
            for (var c = 0; c < _channels; c++)
                visit(((s * _side + y + i - half) * _side + x + j - half) * _channels + c, (((s * _side + y) * _side + x) * _channels + c) * _kernel * _kernel + i * _kernel + j);
        }

        void Pool(int samples, bool forward)
        {
            var step = _side / PooledSide;
            var width = _layer.Outputs;
            for (var s = 0; s < samples; s++)
            for (var y = 0; y < PooledSide; y++)
            for (var x = 0; x < PooledSide; x++)
            for (var c = 0; c < width; c++)
            {
                var pooled = ((s * PooledSide + y) * PooledSide + x) * width + c;
                var sum = 0f;
                for (var i = 0; i < step; i++)
                for (var j = 0; j < step; j++)
                {
                    var at = ((s * _side + y * step + i) * _side + x * step + j) * width + c;
                    if (forward) sum += _values[at];
                    else _dValues[at] = DPooled[pooled] / (step * step);
                }
                if (forward) Pooled[pooled] = sum / (step * step);
            }
        }
    }
}

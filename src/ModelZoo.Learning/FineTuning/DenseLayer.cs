using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.FineTuning;

/// <summary>y = x·Wᵀ + b + s·drop(x)·Aᵀ·Bᵀ for each low-rank addition. Gradients go to what learns and nowhere else.</summary>
sealed class DenseLayer
{
    readonly EncoderMatrix _matrix;
    readonly Part[] _parts;
    readonly float _scale;
    readonly Dropout _dropout;
    readonly bool _isEach;
    readonly float[] _dropped = [];
    float[] _turnedGradient = [];

    /// <param name="isEach">Each sample is one row.</param>
    public DenseLayer(EncoderMatrix matrix, LoraSettings? lora, int rows, bool isEach = false)
    {
        (_matrix, _isEach) = (matrix, isEach);
        if (lora is not null) (_scale, _dropout) = ((float)lora.Scale, new(lora.Dropout));
        _parts = [.. matrix.Additions.Select(addition => new Part(addition, rows))];
        if (_parts.Length > 0 && _dropout.IsOn) _dropped = new float[rows * matrix.Inputs];
    }

    public int Outputs => _matrix.Outputs;

    public int Inputs => _matrix.Inputs;

    /// <param name="x">[rows, inputs].</param>
    /// <param name="y">[rows, outputs].</param>
    public void Forward(EncoderWeights weights, Tile tile, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        MatrixProduct.Write(rows, Outputs, Inputs, x, new(Inputs, 1), weights.Turned(_matrix), Outputs, weights.Bias(_matrix), y, Outputs);
        foreach (var part in _parts)
        {
            var rank = part.Rank;
            var low = part.Low.AsSpan(0, rows * rank);
            MatrixProduct.Write(rows, rank, Inputs, Dropped(part, tile, rows, x), new(Inputs, 1), weights.Turned(part.Place.A), rank, [], low, rank);
            foreach (ref var value in low) value *= _scale;
            MatrixProduct.Add(rows, part.Place.Outputs, rank, low, new(rank, 1), weights.Turned(part.Place.B), part.Place.Outputs, y[part.Place.First..], Outputs);
        }
    }

    /// <summary>Adds the gradients of what learns.</summary>
    public void BackwardWeights(EncoderWeights weights, Tile tile, int rows, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> gradients)
    {
        if (_matrix.Learns) BackwardWhole(rows, x, dy, gradients);
        foreach (var part in _parts)
        {
            var (place, rank) = (part.Place, part.Rank);
            var dLow = part.DLow.AsSpan(0, rows * rank);
            MatrixProduct.Write(rows, rank, place.Outputs, dy[place.First..], new(Outputs, 1), weights.Of(place.B), rank, [], dLow, rank);
            foreach (ref var value in dLow) value *= _scale;
            MatrixProduct.Add(place.Outputs, rank, rows, dy[place.First..], new(1, Outputs), part.Low, rank, gradients.Slice(place.B.Gradient, place.B.Count), rank);
            MatrixProduct.Add(rank, Inputs, rows, dLow, new(1, rank), Dropped(part, tile, rows, x), Inputs, gradients.Slice(place.A.Gradient, place.A.Count), Inputs);
        }
    }

    void BackwardWhole(int rows, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> gradients)
    {
        if (_matrix.Bias is { } bias) RowOps.AddColumnSums(rows, Outputs, dy, Outputs, gradients.Slice(bias.Gradient, Outputs));
        var target = gradients.Slice(_matrix.Weight.Gradient, _matrix.Count);
        if (Inputs >= 8 || Outputs < 8)
        {
            MatrixProduct.Add(Outputs, Inputs, rows, dy, new(1, Outputs), x, Inputs, target, Inputs);
            return;
        }
        // Few inputs make narrow rows; the other way round the vectors are full.
        if (_turnedGradient.Length == 0) _turnedGradient = new float[_matrix.Count];
        MatrixProduct.Write(Inputs, Outputs, rows, x, new(1, Inputs), dy, Outputs, [], _turnedGradient, Outputs);
        for (var n = 0; n < Outputs; n++)
            for (var k = 0; k < Inputs; k++) target[n * Inputs + k] += _turnedGradient[k * Outputs + n];
    }

    /// <summary>The gradient of the input, after <see cref="BackwardWeights"/>: written, or added to what is there.</summary>
    public void BackwardInput(EncoderWeights weights, Tile tile, int rows, ReadOnlySpan<float> dy, Span<float> dx, bool add)
    {
        if (add) MatrixProduct.Add(rows, Inputs, Outputs, dy, new(Outputs, 1), weights.Of(_matrix), Inputs, dx, Inputs);
        else MatrixProduct.Write(rows, Inputs, Outputs, dy, new(Outputs, 1), weights.Of(_matrix), Inputs, [], dx, Inputs);
        foreach (var part in _parts)
        {
            if (!tile.IsTraining || !_dropout.IsOn)
            {
                MatrixProduct.Add(rows, Inputs, part.Rank, part.DLow, new(part.Rank, 1), weights.Of(part.Place.A), Inputs, dx, Inputs);
                continue;
            }
            var back = _dropped.AsSpan(0, rows * Inputs);
            MatrixProduct.Write(rows, Inputs, part.Rank, part.DLow, new(part.Rank, 1), weights.Of(part.Place.A), Inputs, [], back, Inputs);
            Drop(part, tile, back);
            RowOps.Add(back, dx);
        }
    }

    ReadOnlySpan<float> Dropped(Part part, Tile tile, int rows, ReadOnlySpan<float> x)
    {
        if (!tile.IsTraining || !_dropout.IsOn) return x;
        var dropped = _dropped.AsSpan(0, rows * Inputs);
        x[..dropped.Length].CopyTo(dropped);
        Drop(part, tile, dropped);
        return dropped;
    }

    void Drop(Part part, Tile tile, Span<float> values)
    {
        if (_isEach) tile.DropEach(_dropout, Sites.Adapter(part.Place.Site), Inputs, values);
        else tile.Drop(_dropout, Sites.Adapter(part.Place.Site), Inputs, values);
    }

    sealed class Part(LowRank place, int rows)
    {
        public LowRank Place => place;

        public int Rank { get; } = place.A.Shape[0];

        /// <summary>s·drop(x)·Aᵀ.</summary>
        public float[] Low { get; } = new float[rows * place.A.Shape[0]];

        public float[] DLow { get; } = new float[rows * place.A.Shape[0]];
    }
}

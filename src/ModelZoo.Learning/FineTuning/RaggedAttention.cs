using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.FineTuning;

/// <summary>Scaled dot-product attention of all heads, sample by sample, each over its own tokens and no padding.</summary>
/// <remarks>Vaswani et al. 2017, eq. 1, arXiv:1706.03762. Rows of queries, keys and values lie side by side, 3D numbers a token.</remarks>
sealed class RaggedAttention
{
    readonly int _block;
    readonly int _heads;
    readonly int _dim;
    readonly int _width;
    readonly int _slot;
    readonly Dropout _dropout;
    readonly float[] _probabilities;
    readonly Scratch _scratch;

    public RaggedAttention(EncoderShape shape, int block, int samples, int longest, Dropout dropout, Scratch scratch)
    {
        (_block, _heads, _dim, _width, _dropout, _scratch) = (block, shape.Heads, shape.Width, shape.HeadWidth, dropout, scratch);
        _slot = checked(shape.Heads * longest * Padded(longest));
        _probabilities = new float[checked(samples * _slot)];
    }

    /// <summary>Rows of scores are padded to full vectors.</summary>
    public static int Padded(int tokens) => (tokens + 7) / 8 * 8;

    /// <param name="qkv">[rows, 3D].</param>
    /// <param name="result">[rows, D].</param>
    public void Forward(Tile tile, ReadOnlySpan<float> qkv, Span<float> result)
    {
        var scale = 1 / MathF.Sqrt(_width);
        for (var s = 0; s < tile.Samples; s++)
        {
            var (start, tokens) = (tile.Start(s), tile.Length(s));
            var stride = Padded(tokens);
            for (var h = 0; h < _heads; h++)
            {
                var q = qkv[(start * 3 * _dim + h * _width)..];
                var p = _probabilities.AsSpan(s * _slot + h * tokens * stride, tokens * stride);
                RowOps.Transpose(tokens, _width, q[_dim..], 3 * _dim, _scratch.Turned, stride);
                MatrixProduct.Write(tokens, stride, _width, q, new(3 * _dim, 1), _scratch.Turned, stride, [], p, stride);
                RowOps.Softmax(tokens, tokens, stride, scale, p);
                MatrixProduct.Write(tokens, _width, tokens, Dropped(tile, s, h, p), new(stride, 1), q[(2 * _dim)..], 3 * _dim, [], result[(start * _dim + h * _width)..], _dim);
            }
        }
    }

    /// <param name="dResult">[rows, D].</param>
    /// <param name="dQkv">[rows, 3D], written.</param>
    public void Backward(Tile tile, ReadOnlySpan<float> qkv, ReadOnlySpan<float> dResult, Span<float> dQkv)
    {
        var scale = 1 / MathF.Sqrt(_width);
        var row = 3 * _dim;
        for (var s = 0; s < tile.Samples; s++)
        {
            var (start, tokens) = (tile.Start(s), tile.Length(s));
            var stride = Padded(tokens);
            var dScores = _scratch.DScores.AsSpan(0, tokens * stride);
            for (var h = 0; h < _heads; h++)
            {
                var at = start * row + h * _width;
                var q = qkv[at..];
                var dq = dQkv[at..];
                var d = dResult[(start * _dim + h * _width)..];
                var p = _probabilities.AsSpan(s * _slot + h * tokens * stride, tokens * stride);
                RowOps.Transpose(tokens, _width, q[(2 * _dim)..], row, _scratch.Turned, stride);
                MatrixProduct.Write(tokens, stride, _width, d, new(_dim, 1), _scratch.Turned, stride, [], dScores, stride);
                // What lies behind the tokens of a row belongs to no token; the softmax's own zeros there silence it.
                if (tile.IsTraining && _dropout.IsOn) _dropout.Apply(tile.Seed(s), Sites.Probability(_block, _heads, h), dScores);
                RowOps.SoftmaxBackward(tokens, stride, scale, p, dScores);
                MatrixProduct.Write(tokens, _width, tokens, dScores, new(stride, 1), q[_dim..], row, [], dq, row);
                MatrixProduct.Write(tokens, _width, tokens, dScores, new(1, stride), q, row, [], dq[_dim..], row);
                MatrixProduct.Write(tokens, _width, tokens, Dropped(tile, s, h, p), new(1, stride), d, _dim, [], dq[(2 * _dim)..], row);
            }
        }
    }

    ReadOnlySpan<float> Dropped(Tile tile, int s, int h, ReadOnlySpan<float> p)
    {
        if (!tile.IsTraining || !_dropout.IsOn) return p;
        var dropped = _scratch.Dropped.AsSpan(0, p.Length);
        p.CopyTo(dropped);
        _dropout.Apply(tile.Seed(s), Sites.Probability(_block, _heads, h), dropped);
        return dropped;
    }

    /// <summary>Memory that the attention of all blocks uses one after the other.</summary>
    public sealed class Scratch(EncoderShape shape, int longest, bool drops)
    {
        public float[] Turned { get; } = new float[shape.HeadWidth * Padded(longest)];

        public float[] DScores { get; } = new float[longest * Padded(longest)];

        public float[] Dropped { get; } = drops ? new float[longest * Padded(longest)] : [];
    }
}

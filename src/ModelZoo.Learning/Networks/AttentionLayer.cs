using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.Networks;

/// <summary>Scaled dot-product attention of all heads, sample by sample.</summary>
/// <remarks>Vaswani et al. 2017, eq. 1, arXiv:1706.03762. T tokens, H heads of D/H each; rows of q, k and v lie side by side, 3D numbers a token.</remarks>
sealed class AttentionLayer
{
    readonly int _tokens;
    readonly int _heads;
    readonly int _dim;
    readonly int _width;
    readonly int _stride;
    readonly float[] _turned;
    readonly float[] _dScores;

    public AttentionLayer(int tokens, int heads, int dim)
    {
        (_tokens, _heads, _dim, _width) = (tokens, heads, dim, dim / heads);
        _stride = (tokens + 7) / 8 * 8;
        _turned = new float[_width * _stride];
        _dScores = new float[_tokens * _stride];
    }

    /// <summary>Numbers that forward keeps for backward: [samples, heads, T, T padded].</summary>
    public int ProbabilityCount(int samples) => samples * _heads * _tokens * _stride;

    /// <param name="qkv">[samples, T, 3D].</param>
    /// <param name="result">[samples, T, D].</param>
    public void Forward(int samples, ReadOnlySpan<float> qkv, Span<float> probabilities, Span<float> result)
    {
        var scale = 1 / MathF.Sqrt(_width);
        var each = _tokens * _stride;
        for (var s = 0; s < samples; s++)
        for (var h = 0; h < _heads; h++)
        {
            var q = qkv[(s * _tokens * 3 * _dim + h * _width)..];
            var p = probabilities.Slice((s * _heads + h) * each, each);
            RowOps.Transpose(_tokens, _width, q[_dim..], 3 * _dim, _turned, _stride);
            MatrixProduct.Write(_tokens, _stride, _width, q, new(3 * _dim, 1), _turned, _stride, [], p, _stride);
            RowOps.Softmax(_tokens, _tokens, _stride, scale, p);
            MatrixProduct.Write(_tokens, _width, _tokens, p, new(_stride, 1), q[(2 * _dim)..], 3 * _dim, [], result[(s * _tokens * _dim + h * _width)..], _dim);
        }
    }

    /// <param name="dResult">[samples, T, D].</param>
    /// <param name="dQkv">[samples, T, 3D], written.</param>
    public void Backward(int samples, ReadOnlySpan<float> qkv, ReadOnlySpan<float> probabilities, ReadOnlySpan<float> dResult, Span<float> dQkv)
    {
        var scale = 1 / MathF.Sqrt(_width);
        var each = _tokens * _stride;
        var row = 3 * _dim;
        for (var s = 0; s < samples; s++)
        for (var h = 0; h < _heads; h++)
        {
            var at = s * _tokens * row + h * _width;
            var q = qkv[at..];
            var p = probabilities.Slice((s * _heads + h) * each, each);
            var d = dResult[(s * _tokens * _dim + h * _width)..];
            var dq = dQkv[at..];
            RowOps.Transpose(_tokens, _width, q[(2 * _dim)..], row, _turned, _stride);
            MatrixProduct.Write(_tokens, _stride, _width, d, new(_dim, 1), _turned, _stride, [], _dScores, _stride);
            RowOps.SoftmaxBackward(_tokens, _stride, scale, p, _dScores);
            MatrixProduct.Write(_tokens, _width, _tokens, _dScores, new(_stride, 1), q[_dim..], row, [], dq, row);
            MatrixProduct.Write(_tokens, _width, _tokens, _dScores, new(1, _stride), q, row, [], dq[_dim..], row);
            MatrixProduct.Write(_tokens, _width, _tokens, p, new(1, _stride), d, _dim, [], dq[(2 * _dim)..], row);
        }
    }

    /// <summary>What the first token of each sample attends to; rows of q are read of that token only.</summary>
    /// <param name="probabilities">[samples, heads, T padded].</param>
    /// <param name="result">[samples, D].</param>
    public void ForwardFirst(int samples, ReadOnlySpan<float> qkv, Span<float> probabilities, Span<float> result)
    {
        var scale = 1 / MathF.Sqrt(_width);
        var row = 3 * _dim;
        for (var s = 0; s < samples; s++)
        for (var h = 0; h < _heads; h++)
        {
            var q = qkv[(s * _tokens * row + h * _width)..];
            var p = probabilities.Slice((s * _heads + h) * _stride, _stride);
            MatrixProduct.Write(_tokens, 1, _width, q[_dim..], new(row, 1), q, 1, [], p, 1);
            RowOps.Softmax(1, _tokens, _stride, scale, p);
            MatrixProduct.Write(1, _width, _tokens, p, new(_stride, 1), q[(2 * _dim)..], row, [], result[(s * _dim + h * _width)..], _dim);
        }
    }

    /// <param name="dResult">[samples, D].</param>
    /// <param name="dQkv">[samples, T, 3D]: written, but for the queries of other tokens than the first.</param>
    public void BackwardFirst(int samples, ReadOnlySpan<float> qkv, ReadOnlySpan<float> probabilities, ReadOnlySpan<float> dResult, Span<float> dQkv)
    {
        var scale = 1 / MathF.Sqrt(_width);
        var row = 3 * _dim;
        var dScores = _dScores.AsSpan(0, _stride);
        for (var s = 0; s < samples; s++)
        for (var h = 0; h < _heads; h++)
        {
            var at = s * _tokens * row + h * _width;
            var q = qkv[at..];
            var p = probabilities.Slice((s * _heads + h) * _stride, _stride);
            var d = dResult[(s * _dim + h * _width)..];
            var dq = dQkv[at..];
            MatrixProduct.Write(_tokens, 1, _width, q[(2 * _dim)..], new(row, 1), d, 1, [], dScores, 1);
            dScores[_tokens..].Clear();
            RowOps.SoftmaxBackward(1, _stride, scale, p, dScores);
            MatrixProduct.Write(1, _width, _tokens, dScores, new(_stride, 1), q[_dim..], row, [], dq, row);
            MatrixProduct.Write(_tokens, _width, 1, dScores, new(1, _stride), q, row, [], dq[_dim..], row);
            MatrixProduct.Write(_tokens, _width, 1, p, new(1, _stride), d, _dim, [], dq[(2 * _dim)..], row);
        }
    }
}

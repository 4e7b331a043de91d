using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.FineTuning;

/// <summary>Memory that all blocks use one after the other.</summary>
sealed class BlockScratch(EncoderShape shape, int rows, int longest)
{
    public float[] Branch { get; } = new float[rows * shape.Width];

    public float[] DBranch { get; } = new float[rows * shape.Width];

    public float[] DSum { get; } = new float[rows * shape.Width];

    public float[] DQkv { get; } = new float[rows * 3 * shape.Width];

    public float[] DHidden { get; } = new float[rows * shape.Inner];

    public RaggedAttention.Scratch Attention { get; } = new(shape, longest, shape.AttentionDropout > 0);
}

/// <summary>
/// Attention and two matrices with what is between them. BERT's family normalises after each part (Devlin et al. 2019, arXiv:1810.04805), ViT before it
/// (Dosovitskiy et al. 2021, arXiv:2010.11929).
/// </summary>
sealed class EncoderBlock
{
    readonly EncoderShape _shape;
    readonly int _index;
    readonly Dropout _dropout;
    readonly DenseLayer _qkv;
    readonly DenseLayer _projection;
    readonly DenseLayer _inner;
    readonly DenseLayer _outer;
    readonly NormPart _norm1;
    readonly NormPart _norm2;
    readonly RaggedAttention _attention;
    readonly BlockScratch _scratch;
    readonly float[] _x;
    readonly float[] _qkvValues;
    readonly float[] _attended;
    readonly float[] _y;
    readonly float[] _hidden;
    readonly float[] _slopes;

    public EncoderBlock(EncoderLayout layout, LoraSettings? lora, int index, int samples, int rows, int longest, BlockScratch scratch)
    {
        var names = EncoderLayout.NamesOf(_shape = layout.Shape, index);
        (_index, _scratch, _dropout) = (index, scratch, new(_shape.Dropout));
        _qkv = new(layout.Matrix($"{names.Block}.qkv"), lora, rows);
        _projection = new(layout.Matrix($"{names.Block}.{names.Attended}"), lora, rows);
        _inner = new(layout.Matrix($"{names.Block}.{names.Inner}"), lora, rows);
        _outer = new(layout.Matrix($"{names.Block}.{names.Outer}"), lora, rows);
        _norm1 = new(layout, $"{names.Block}.{names.FirstNorm}", rows);
        _norm2 = new(layout, $"{names.Block}.{names.SecondNorm}", rows);
        _attention = new(_shape, index, samples, longest, new(_shape.AttentionDropout), scratch.Attention);
        (_x, _y, _attended) = (new float[rows * _shape.Width], new float[rows * _shape.Width], new float[rows * _shape.Width]);
        _qkvValues = new float[rows * 3 * _shape.Width];
        (_hidden, _slopes) = (new float[rows * _shape.Inner], new float[rows * _shape.Inner]);
    }

    /// <param name="stream">[rows, width], replaced.</param>
    public void Forward(EncoderWeights weights, Tile tile, Span<float> stream)
    {
        var (rows, dim) = (tile.Rows, _shape.Width);
        stream = stream[..(rows * dim)];
        var branch = _scratch.Branch.AsSpan(0, rows * dim);
        if (_shape.IsText) stream.CopyTo(_x);
        else _norm1.Forward(weights, rows, stream, dim, _x);
        _qkv.Forward(weights, tile, rows, _x, _qkvValues);
        _attention.Forward(tile, _qkvValues, _attended);
        _projection.Forward(weights, tile, rows, _attended, branch);
        tile.Drop(_dropout, Sites.Attended(_index), dim, branch);
        RowOps.Add(branch, stream);
        if (_shape.IsText)
        {
            _norm1.Forward(weights, rows, stream, dim, _y);
            _y.AsSpan(0, stream.Length).CopyTo(stream);
        }
        else _norm2.Forward(weights, rows, stream, dim, _y);
        var hidden = _hidden.AsSpan(0, rows * _shape.Inner);
        _inner.Forward(weights, tile, rows, _y, hidden);
        EncoderActivations.Apply(_shape.Activation, hidden, _slopes);
        _outer.Forward(weights, tile, rows, hidden, branch);
        tile.Drop(_dropout, Sites.Outer(_index), dim, branch);
        RowOps.Add(branch, stream);
        if (!_shape.IsText) return;
        _norm2.Forward(weights, rows, stream, dim, branch);
        branch.CopyTo(stream);
    }

    /// <summary>Takes the gradient of the block's output to that of its input, in place.</summary>
    /// <param name="needsInput">Something before the block learns.</param>
    public void Backward(EncoderWeights weights, Tile tile, Span<float> dStream, Span<float> gradients, bool needsInput)
    {
        dStream = dStream[..(tile.Rows * _shape.Width)];
        if (_shape.IsText) BackwardAfter(weights, tile, dStream, gradients, needsInput);
        else BackwardBefore(weights, tile, dStream, gradients, needsInput);
    }

    /// <summary>Normalised after each part: the gradient passes the normalisation and then goes both ways.</summary>
    void BackwardAfter(EncoderWeights weights, Tile tile, Span<float> dStream, Span<float> gradients, bool needsInput)
    {
        var (rows, dim) = (tile.Rows, _shape.Width);
        var dSum = _scratch.DSum.AsSpan(0, rows * dim);
        var dBranch = _scratch.DBranch.AsSpan(0, rows * dim);
        dSum.Clear();
        _norm2.Backward(weights, rows, dStream, gradients, dSum, dim);
        dSum.CopyTo(dBranch);
        tile.Drop(_dropout, Sites.Outer(_index), dim, dBranch);
        BackwardHidden(weights, tile, dBranch, dSum, gradients, add: true);
        dStream.Clear();
        _norm1.Backward(weights, rows, dSum, gradients, dStream, dim);
        dStream.CopyTo(dBranch);
        tile.Drop(_dropout, Sites.Attended(_index), dim, dBranch);
        var dQkv = BackwardAttention(weights, tile, dBranch, gradients);
        if (needsInput) _qkv.BackwardInput(weights, tile, rows, dQkv, dStream, add: true);
    }

    /// <summary>Normalised before each part: the stream's gradient goes through as it is, and each branch adds its own.</summary>
    void BackwardBefore(EncoderWeights weights, Tile tile, Span<float> dStream, Span<float> gradients, bool needsInput)
    {
        var (rows, dim) = (tile.Rows, _shape.Width);
        var dSum = _scratch.DSum.AsSpan(0, rows * dim);
        var dBranch = _scratch.DBranch.AsSpan(0, rows * dim);
        dStream.CopyTo(dSum);
        tile.Drop(_dropout, Sites.Outer(_index), dim, dSum);
        BackwardHidden(weights, tile, dSum, dBranch, gradients, add: false);
        _norm2.Backward(weights, rows, dBranch, gradients, dStream, dim);
        dStream.CopyTo(dSum);
        tile.Drop(_dropout, Sites.Attended(_index), dim, dSum);
        var dQkv = BackwardAttention(weights, tile, dSum, gradients);
        if (!needsInput) return;
        _qkv.BackwardInput(weights, tile, rows, dQkv, dBranch, add: false);
        _norm1.Backward(weights, rows, dBranch, gradients, dStream, dim);
    }

    void BackwardHidden(EncoderWeights weights, Tile tile, ReadOnlySpan<float> dy, Span<float> dx, Span<float> gradients, bool add)
    {
        var rows = tile.Rows;
        var dHidden = _scratch.DHidden.AsSpan(0, rows * _shape.Inner);
        _outer.BackwardWeights(weights, tile, rows, _hidden, dy, gradients);
        _outer.BackwardInput(weights, tile, rows, dy, dHidden, add: false);
        RowOps.Multiply(_slopes.AsSpan(0, dHidden.Length), dHidden);
        _inner.BackwardWeights(weights, tile, rows, _y, dHidden, gradients);
        _inner.BackwardInput(weights, tile, rows, dHidden, dx, add);
    }

    Span<float> BackwardAttention(EncoderWeights weights, Tile tile, ReadOnlySpan<float> dy, Span<float> gradients)
    {
        var rows = tile.Rows;
        var dQkv = _scratch.DQkv.AsSpan(0, rows * 3 * _shape.Width);
        var dAttended = _scratch.Branch.AsSpan(0, rows * _shape.Width);
        _projection.BackwardWeights(weights, tile, rows, _attended, dy, gradients);
        _projection.BackwardInput(weights, tile, rows, dy, dAttended, add: false);
        _attention.Backward(tile, _qkvValues, dAttended, dQkv);
        _qkv.BackwardWeights(weights, tile, rows, _x, dQkv, gradients);
        return dQkv;
    }
}

using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Models;

namespace ModelZoo.Learning.Networks;

/// <summary>
/// A vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929) with normalisation before each part, named as timm names it. Dropout acts behind the
/// positions, the projection of attention and both layers of each MLP. S samples, T tokens, D width, rows = S·T.
/// </summary>
sealed class VitPass : NetworkPass
{
    readonly LinearLayer _embed;
    readonly ParameterShape _class;
    readonly ParameterShape _positions;
    readonly Dropout _dropout;
    readonly Block[] _blocks;
    readonly LastBlock _last;
    readonly NormLayer _norm;
    readonly float[] _patches;
    readonly float[] _embedded;
    readonly float[] _stream;
    readonly float[] _dStream;

    public VitPass(Architecture model, HeadShape head) : base(model, head)
    {
        var rows = TileSamples * model.Tokens;
        _embed = new(Layout, "patch_embed.proj");
        _class = Layout["cls_token"];
        _positions = Layout["pos_embed"];
        _dropout = AddDropout(model.Tokens * model.Dim);
        var scratch = new Scratch(rows, model);
        _blocks = [.. Enumerable.Range(0, model.Depth).Select(i => new Block(this, i, rows, scratch))];
        _last = new(this);
        _norm = new(Layout, "norm", TileSamples);
        _patches = new float[TileSamples * (model.Tokens - 1) * model.PatchPixels];
        _embedded = new float[TileSamples * (model.Tokens - 1) * model.Dim];
        _stream = new float[rows * model.Dim];
        _dStream = new float[rows * model.Dim];
    }

    protected override void ForwardBackbone(StepWeights weights, ReadOnlySpan<float> images)
    {
        var (dim, tokens) = (Model.Dim, Model.Tokens);
        CutPatches(images);
        _embed.Forward(weights, Samples * (tokens - 1), _patches, _embedded);
        var positions = weights.Of(_positions);
        for (var s = 0; s < Samples; s++)
        {
            var stream = _stream.AsSpan(s * tokens * dim, tokens * dim);
            positions.CopyTo(stream);
            RowOps.Add(weights.Of(_class), stream[..dim]);
            RowOps.Add(_embedded.AsSpan(s * (tokens - 1) * dim, (tokens - 1) * dim), stream[dim..]);
        }
        _dropout.Forward(_stream);
        foreach (var block in Whole) block.Forward(weights, Samples, _stream);
        if (Drops is null) _last.Forward(weights, Samples, _stream);
        _norm.Forward(weights, Samples, _stream, tokens * dim, Features);
    }

    protected override void BackwardBackbone(StepWeights weights, ReadOnlySpan<float> dFeatures, Span<float> gradients)
    {
        var (dim, tokens) = (Model.Dim, Model.Tokens);
        var dStream = _dStream.AsSpan(0, Samples * tokens * dim);
        dStream.Clear();
        _norm.Backward(weights, Samples, dFeatures, gradients, dStream, tokens * dim);
        if (Drops is null) _last.Backward(weights, Samples, dStream, gradients);
        for (var i = Whole.Length - 1; i >= 0; i--) Whole[i].Backward(weights, Samples, dStream, gradients);
        _dropout.Backward(dStream);
        for (var s = 0; s < Samples; s++)
        {
            var d = dStream.Slice(s * tokens * dim, tokens * dim);
            RowOps.Add(d, gradients.Slice(_positions.Offset, _positions.Count));
            RowOps.Add(d[..dim], gradients.Slice(_class.Offset, dim));
            d[dim..].CopyTo(_embedded.AsSpan(s * (tokens - 1) * dim));
        }
        _embed.BackwardWeights(Samples * (tokens - 1), _patches, _embedded.AsSpan(0, Samples * (tokens - 1) * dim), gradients);
    }

    /// <summary>Blocks of which every token is computed: all where numbers are dropped, which are drawn for every token.</summary>
    ReadOnlySpan<Block> Whole => Drops is null ? _blocks.AsSpan(0, _blocks.Length - 1) : _blocks;

    /// <summary>[samples, channels, side, side] to [samples, patches row-major, channels, patch, patch].</summary>
    void CutPatches(ReadOnlySpan<float> images)
    {
        var (side, patch) = (Model.Image, Model.Patch);
        var to = 0;
        for (var s = 0; s < Samples; s++)
        for (var y = 0; y < side; y += patch)
        for (var x = 0; x < side; x += patch)
        for (var c = 0; c < Model.Channels; c++)
        for (var i = 0; i < patch; i++, to += patch)
            images.Slice(((s * Model.Channels + c) * side + y + i) * side + x, patch).CopyTo(_patches.AsSpan(to));
    }

    /// <summary>Memory that all blocks use one after the other.</summary>
    sealed class Scratch(int rows, Architecture model)
    {
        public readonly float[] Branch = new float[rows * model.Dim];
        public readonly float[] DBranch = new float[rows * model.Dim];
        public readonly float[] DQkv = new float[rows * 3 * model.Dim];
        public readonly float[] DHidden = new float[rows * model.Mlp];

        /// <summary>The gradient of a branch, which is that of the stream but for what was dropped; empty until something is.</summary>
        public float[] Dropped = [];
    }

    sealed class Block
    {
        readonly NormLayer _norm1;
        readonly NormLayer _norm2;
        readonly LinearLayer _qkv;
        readonly LinearLayer _projection;
        readonly LinearLayer _fc1;
        readonly LinearLayer _fc2;
        readonly AttentionLayer _attention;
        readonly Dropout _dropProjection;
        readonly Dropout _dropHidden;
        readonly Dropout _dropOutput;
        readonly Activation _activation;
        readonly Scratch _scratch;
        readonly int _tokens;
        readonly float[] _y1;
        readonly float[] _qkvValues;
        readonly float[] _probabilities;
        readonly float[] _attended;
        readonly float[] _y2;
        readonly float[] _hidden;
        readonly float[] _slopes;

        public Block(NetworkPass pass, int index, int rows, Scratch scratch)
        {
            var (layout, model, name) = (pass.Layout, pass.Model, $"blocks.{index}");
            _norm1 = new(layout, $"{name}.norm1", rows);
            _qkv = new(layout, $"{name}.attn.qkv");
            _projection = new(layout, $"{name}.attn.proj");
            _norm2 = new(layout, $"{name}.norm2", rows);
            _fc1 = new(layout, $"{name}.mlp.fc1");
            _fc2 = new(layout, $"{name}.mlp.fc2");
            _attention = new(model.Tokens, model.Heads, model.Dim);
            _dropProjection = pass.AddDropout(model.Tokens * model.Dim);
            _dropHidden = pass.AddDropout(model.Tokens * model.Mlp);
            _dropOutput = pass.AddDropout(model.Tokens * model.Dim);
            _activation = model.Activation;
            _scratch = scratch;
            _tokens = model.Tokens;
            _y1 = new float[rows * model.Dim];
            _qkvValues = new float[rows * 3 * model.Dim];
            _probabilities = new float[_attention.ProbabilityCount(TileSamples)];
            _attended = new float[rows * model.Dim];
            _y2 = new float[rows * model.Dim];
            _hidden = new float[rows * model.Mlp];
            _slopes = new float[rows * model.Mlp];
        }

        public void Forward(StepWeights weights, int samples, Span<float> stream)
        {
            var rows = samples * _tokens;
            var dim = _projection.Outputs;
            var branch = _scratch.Branch.AsSpan(0, rows * dim);
            _norm1.Forward(weights, rows, stream, dim, _y1);
            _qkv.Forward(weights, rows, _y1, _qkvValues);
            _attention.Forward(samples, _qkvValues, _probabilities, _attended);
            _projection.Forward(weights, rows, _attended, branch);
            _dropProjection.Forward(branch);
            RowOps.Add(branch, stream);
            _norm2.Forward(weights, rows, stream, dim, _y2);
            var hidden = _hidden.AsSpan(0, rows * _fc1.Outputs);
            _fc1.Forward(weights, rows, _y2, hidden);
            Activations.Apply(_activation, hidden, _slopes);
            _dropHidden.Forward(hidden, _slopes);
            _fc2.Forward(weights, rows, hidden, branch);
            _dropOutput.Forward(branch);
            RowOps.Add(branch, stream);
        }

        /// <summary>Takes the gradient of the block's output to that of its input, in place.</summary>
        public void Backward(StepWeights weights, int samples, Span<float> dStream, Span<float> gradients)
        {
            var rows = samples * _tokens;
            var dim = _projection.Outputs;
            var dBranch = _scratch.DBranch.AsSpan(0, rows * dim);
            var dHidden = _scratch.DHidden.AsSpan(0, rows * _fc1.Outputs);
            var dQkv = _scratch.DQkv.AsSpan(0, rows * 3 * dim);
            var dOutput = _dropOutput.Backward(dStream, ref _scratch.Dropped);
            _fc2.BackwardWeights(rows, _hidden, dOutput, gradients);
            _fc2.BackwardInput(weights, rows, dOutput, dHidden, add: false);
            RowOps.Multiply(_slopes.AsSpan(0, dHidden.Length), dHidden);
            _fc1.BackwardWeights(rows, _y2, dHidden, gradients);
            _fc1.BackwardInput(weights, rows, dHidden, dBranch, add: false);
            _norm2.Backward(weights, rows, dBranch, gradients, dStream, dim);

            var dProjected = _dropProjection.Backward(dStream, ref _scratch.Dropped);
            _projection.BackwardWeights(rows, _attended, dProjected, gradients);
            _projection.BackwardInput(weights, rows, dProjected, dBranch, add: false);
            _attention.Backward(samples, _qkvValues, _probabilities, dBranch, dQkv);
            _qkv.BackwardWeights(rows, _y1, dQkv, gradients);
            _qkv.BackwardInput(weights, rows, dQkv, dBranch, add: false);
            _norm1.Backward(weights, rows, dBranch, gradients, dStream, dim);
        }
    }
}

using ModelZoo.Learning.Kernels;

namespace ModelZoo.Learning.FineTuning;

/// <summary>A tile of samples forward and backward through an encoder. Each thread has its own; forward keeps what backward needs.</summary>
sealed class EncoderPass
{
    readonly EncoderLayout _layout;
    readonly EncoderShape _shape;
    readonly EncoderBlock[] _blocks = [];
    readonly EncoderHead _head;
    readonly NormPart? _norm;
    readonly DenseLayer? _patches;
    readonly Dropout _dropout;
    readonly bool _embeddingsLearn;
    readonly int _longest;
    readonly float[] _stream = [];
    readonly float[] _dStream = [];
    readonly float[] _states = [];
    readonly float[] _pixels = [];
    readonly float[] _cut = [];
    EncoderInputs? _inputs;

    /// <param name="samples">Most of a tile.</param>
    /// <param name="longest">Most tokens of a sample; 0 when only features go through.</param>
    public EncoderPass(EncoderLayout layout, LoraSettings? lora, int samples, int longest)
    {
        (_layout, _shape, _longest, _dropout) = (layout, layout.Shape, longest, new(layout.Shape.Dropout));
        Tile = new(samples);
        _head = new(layout, lora, samples);
        Outputs = new float[samples * layout.Outputs];
        DOutputs = new float[samples * layout.Outputs];
        if (longest == 0) return;
        var rows = checked(samples * longest);
        var scratch = new BlockScratch(_shape, rows, longest);
        _blocks = [.. Enumerable.Range(0, _shape.Depth).Select(i => new EncoderBlock(layout, lora, i, samples, rows, longest, scratch))];
        _norm = new(layout, _shape.IsText ? $"{_shape.Prefix}embeddings.LayerNorm" : $"{_shape.Prefix}layernorm", _shape.IsText ? rows : samples);
        (_stream, _dStream, _states) = (new float[rows * _shape.Width], new float[rows * _shape.Width], new float[samples * _shape.Width]);
        _embeddingsLearn = layout[_shape.IsText ? $"{_shape.Prefix}embeddings.word_embeddings.weight" : $"{_shape.Prefix}embeddings.cls_token"].Learns;
        if (_shape.IsText) return;
        _patches = new(layout.Matrix($"{_shape.Prefix}embeddings.patch_embeddings.projection"), null, samples * (_shape.Positions - 1));
        _pixels = new float[_shape.Pixels];
        _cut = new float[samples * _shape.Pixels];
    }

    public Tile Tile { get; }

    /// <summary>[samples, outputs], after <see cref="Forward"/>.</summary>
    public float[] Outputs { get; }

    public float[] DOutputs { get; }

    /// <summary>[samples, width]: what the learning part of the head read.</summary>
    public float[] Features => _head.Features;

    /// <summary>Whether samples of so many tokens have room.</summary>
    public bool Fits(int longest) => longest <= Math.Max(1, _longest);

    /// <summary>The samples of <see cref="Tile"/>.</summary>
    public void Forward(EncoderWeights weights, EncoderInputs inputs)
    {
        Prepare(weights, inputs);
        _head.Forward(weights, Tile, Outputs);
    }

    /// <summary>Only what the head reads.</summary>
    public void Prepare(EncoderWeights weights, EncoderInputs inputs)
    {
        _inputs = inputs;
        if (inputs is FeatureInputs known)
        {
            for (var s = 0; s < Tile.Samples; s++) known.Of(Tile.Sample(s)).CopyTo(Features.AsSpan(s * _shape.Width));
            return;
        }
        if (_longest == 0 || Tile.Rows > _stream.Length / _shape.Width) throw new InvalidOperationException("The pass is too small for its samples.");
        if (inputs is TokenInputs texts) Embed(weights, texts);
        else Embed(weights, (PixelInputs)inputs);
        foreach (var block in _blocks) block.Forward(weights, Tile, _stream);
        if (_shape.IsText)
            for (var s = 0; s < Tile.Samples; s++) _stream.AsSpan(Tile.Start(s) * _shape.Width, _shape.Width).CopyTo(_states.AsSpan(s * _shape.Width));
        else _norm!.Forward(weights, Tile.Samples, _stream, _shape.Positions * _shape.Width, _states);
        _head.Prepare(weights, Tile, _states);
    }

    /// <summary>Adds the gradients of <see cref="DOutputs"/>.</summary>
    public void Backward(EncoderWeights weights, Span<float> gradients)
    {
        var (samples, width) = (Tile.Samples, _shape.Width);
        var dOutputs = DOutputs.AsSpan(0, samples * _layout.Outputs);
        if (_inputs is FeatureInputs)
        {
            _head.Backward(weights, Tile, dOutputs, gradients, []);
            return;
        }
        var dStates = _states.AsSpan(0, samples * width);
        _head.Backward(weights, Tile, dOutputs, gradients, dStates);
        var dStream = _dStream.AsSpan(0, Tile.Rows * width);
        dStream.Clear();
        if (_shape.IsText)
            for (var s = 0; s < samples; s++) dStates.Slice(s * width, width).CopyTo(dStream[(Tile.Start(s) * width)..]);
        else _norm!.Backward(weights, samples, dStates, gradients, dStream, _shape.Positions * width);
        for (var i = _blocks.Length - 1; i >= 0; i--) _blocks[i].Backward(weights, Tile, dStream, gradients, i > 0 || _embeddingsLearn);
        if (!_embeddingsLearn) return;
        if (_inputs is TokenInputs texts) BackwardEmbed(weights, texts, dStream, gradients);
        else BackwardEmbed(weights, dStream, gradients);
    }

    void Embed(EncoderWeights weights, TokenInputs texts)
    {
        var (width, name) = (_shape.Width, $"{_shape.Prefix}embeddings");
        var words = weights.Of(_layout[$"{name}.word_embeddings.weight"]);
        var positions = weights.Of(_layout[$"{name}.position_embeddings.weight"]);
        var types = _shape.Types > 0 ? weights.Of(_layout[$"{name}.token_type_embeddings.weight"]) : [];
        for (var s = 0; s < Tile.Samples; s++)
        {
            var ids = texts.Ids(Tile.Sample(s));
            var kinds = texts.Types(Tile.Sample(s));
            for (var t = 0; t < ids.Length; t++)
            {
                var row = _stream.AsSpan((Tile.Start(s) + t) * width, width);
                words.Slice(ids[t] * width, width).CopyTo(row);
                if (_shape.Types > 0) RowOps.Add(types.Slice((kinds.IsEmpty ? 0 : kinds[t]) * width, width), row);
                RowOps.Add(positions.Slice((_shape.FirstPosition + t) * width, width), row);
            }
        }
        _norm!.Forward(weights, Tile.Rows, _stream, width, _dStream);
        _dStream.AsSpan(0, Tile.Rows * width).CopyTo(_stream);
        Tile.Drop(_dropout, Sites.Embeddings, width, _stream);
    }

    void BackwardEmbed(EncoderWeights weights, TokenInputs texts, Span<float> dStream, Span<float> gradients)
    {
        var (width, name) = (_shape.Width, $"{_shape.Prefix}embeddings");
        Tile.Drop(_dropout, Sites.Embeddings, width, dStream);
        var d = _stream.AsSpan(0, dStream.Length);
        d.Clear();
        _norm!.Backward(weights, Tile.Rows, dStream, gradients, d, width);
        var (words, positions) = (_layout[$"{name}.word_embeddings.weight"], _layout[$"{name}.position_embeddings.weight"]);
        var types = _layout.Find($"{name}.token_type_embeddings.weight");
        for (var s = 0; s < Tile.Samples; s++)
        {
            var ids = texts.Ids(Tile.Sample(s));
            var kinds = texts.Types(Tile.Sample(s));
            for (var t = 0; t < ids.Length; t++)
            {
                var row = d.Slice((Tile.Start(s) + t) * width, width);
                RowOps.Add(row, gradients.Slice(words.Gradient + ids[t] * width, width));
                RowOps.Add(row, gradients.Slice(positions.Gradient + (_shape.FirstPosition + t) * width, width));
                if (types is not null) RowOps.Add(row, gradients.Slice(types.Gradient + (kinds.IsEmpty ? 0 : kinds[t]) * width, width));
            }
        }
    }

    void Embed(EncoderWeights weights, PixelInputs images)
    {
        var (width, tokens, samples) = (_shape.Width, _shape.Positions, Tile.Samples);
        for (var s = 0; s < samples; s++)
        {
            images.Read(Tile.Sample(s), _pixels);
            CutPatches(_pixels, _cut.AsSpan(s * _shape.Pixels, _shape.Pixels));
        }
        // The stream's gradient is not needed before backward: its memory holds the embedded patches.
        var embedded = _dStream.AsSpan(0, samples * (tokens - 1) * width);
        _patches!.Forward(weights, Tile, samples * (tokens - 1), _cut, embedded);
        var positions = weights.Of(_layout[$"{_shape.Prefix}embeddings.position_embeddings"]);
        var first = weights.Of(_layout[$"{_shape.Prefix}embeddings.cls_token"]);
        for (var s = 0; s < samples; s++)
        {
            var stream = _stream.AsSpan(s * tokens * width, tokens * width);
            positions.CopyTo(stream);
            RowOps.Add(first, stream[..width]);
            RowOps.Add(embedded.Slice(s * (tokens - 1) * width, (tokens - 1) * width), stream[width..]);
        }
        Tile.Drop(_dropout, Sites.Embeddings, width, _stream);
    }

    void BackwardEmbed(EncoderWeights weights, Span<float> dStream, Span<float> gradients)
    {
        var (width, tokens, samples) = (_shape.Width, _shape.Positions, Tile.Samples);
        Tile.Drop(_dropout, Sites.Embeddings, width, dStream);
        var (positions, first) = (_layout[$"{_shape.Prefix}embeddings.position_embeddings"], _layout[$"{_shape.Prefix}embeddings.cls_token"]);
        var dEmbedded = _stream.AsSpan(0, samples * (tokens - 1) * width);
        for (var s = 0; s < samples; s++)
        {
            var d = dStream.Slice(s * tokens * width, tokens * width);
            RowOps.Add(d, gradients.Slice(positions.Gradient, positions.Count));
            RowOps.Add(d[..width], gradients.Slice(first.Gradient, width));
            d[width..].CopyTo(dEmbedded[(s * (tokens - 1) * width)..]);
        }
        _patches!.BackwardWeights(weights, Tile, samples * (tokens - 1), _cut, dEmbedded, gradients);
    }

    /// <summary>[channels, side, side] to [patches row-major, channels, patch, patch].</summary>
    void CutPatches(ReadOnlySpan<float> image, Span<float> to)
    {
        var (side, patch, at) = (_shape.Image, _shape.Patch, 0);
        for (var y = 0; y < side; y += patch)
        for (var x = 0; x < side; x += patch)
        for (var c = 0; c < _shape.Channels; c++)
        for (var i = 0; i < patch; i++, at += patch)
            image.Slice((c * side + y + i) * side + x, patch).CopyTo(to[at..]);
    }
}

using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Training;

/// <summary>Fills the batches of an epoch: in the order of its stream, changed by the augmentations.</summary>
sealed class BatchMaker
{
    readonly ImageSet _set;
    readonly TrainSettings _settings;
    readonly ulong _seed;
    int[] _order = [];
    RandomSource _stream;

    public BatchMaker(ImageSet set, TrainSettings settings, Architecture model, ulong seed)
    {
        if (!set.Fits(model)) throw new ArgumentException($"Images of {set.Channels} × {set.Side} × {set.Side} do not fit a model of {model.Channels} × {model.Image} × {model.Image}.", nameof(set));
        foreach (var step in settings.Augment)
            if (!Augmentation.BuiltinNames.Contains(step.Name)) throw new RecipeException(0, "train.augment", $"the trainer here cannot do '{step.Name}'; an external one may.");
        (_set, _settings, _seed) = (set, settings, seed);
        var views = settings.Objective == Objective.Contrastive ? 2 : 1;
        Images = new float[views * settings.Batch * set.PixelsEach];
        Labels = new byte[settings.Batch];
        Targets = new float[settings.Batch * set.Classes];
    }

    public int StepsPerEpoch => _set.Count / _settings.Batch;

    /// <summary>[views · batch, pixels].</summary>
    public float[] Images { get; }

    public byte[] Labels { get; }

    /// <summary>[batch, classes].</summary>
    public float[] Targets { get; }

    /// <param name="epoch">From 1.</param>
    public void Begin(int epoch)
    {
        var shuffle = RandomSource.Named(_seed, $"shuffle/{epoch}");
        _order = shuffle.Permutation(_set.Count);
        _stream = RandomSource.Named(_seed, $"augment/{epoch}");
    }

    /// <param name="step">Within the epoch, from 0.</param>
    public void Fill(int step)
    {
        var pixels = _set.PixelsEach;
        for (var i = 0; i < _settings.Batch; i++)
        {
            var image = _order[step * _settings.Batch + i];
            _set.Read(image, Images.AsSpan(i * pixels, pixels));
            Labels[i] = _set.Labels[image];
        }
        if (_settings.Objective == Objective.Contrastive) MakeViews(step);
        else
        {
            CrossEntropy.Smooth(Labels, _set.Classes, _settings.LabelSmoothing, Targets);
            foreach (var change in _settings.Augment) Change(change);
        }
    }

    void MakeViews(int step)
    {
        var pixels = _set.PixelsEach;
        var batch = _settings.Batch;
        Images.AsSpan(0, batch * pixels).CopyTo(Images.AsSpan(batch * pixels));
        _stream.Position = (ulong)(2L * step * batch * GlyphViews.Draws(_set));
        var image = new float[pixels];
        for (var i = 0; i < 2 * batch; i++)
        {
            var view = Images.AsSpan(i * pixels, pixels);
            view.CopyTo(image);
            GlyphViews.Make(image, _set.Side, ref _stream, view);
        }
    }

    void Change(Augmentation change)
    {
        switch (change.Name)
        {
            case "mixup": Mix(change.Amount!.Value, whole: true); break;
            case "cutmix": Mix(change.Amount!.Value, whole: false); break;
            default:
                for (var i = 0; i < _settings.Batch; i++) ChangeOne(change, Images.AsSpan(i * _set.PixelsEach, _set.PixelsEach));
                break;
        }
    }

    void ChangeOne(Augmentation change, Span<float> image)
    {
        var side = _set.Side;
        switch (change.Name)
        {
            case "shift":
                var reach = (int)change.Amount!.Value;
                var (dx, dy) = (_stream.Between(-reach, reach), _stream.Between(-reach, reach));
                var old = image.ToArray();
                for (var plane = 0; plane < image.Length; plane += side * side)
                for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++)
                    image[plane + y * side + x] = x - dx >= 0 && x - dx < side && y - dy >= 0 && y - dy < side ? old[plane + (y - dy) * side + x - dx] : -1;
                break;
            case "flip":
                if (_stream.NextUnit() < 0.5)
                    for (var row = 0; row < image.Length; row += side) image.Slice(row, side).Reverse();
                break;
            case "noise":
                var size = (int)change.Amount!.Value;
                foreach (ref var pixel in image) pixel = Math.Clamp(pixel + _stream.Between(-size, size) / 8f, -1, 1);
                break;
            case "erase":
                var hit = _stream.NextUnit() < change.Amount!.Value;
                var edge = Math.Max(1, side / 4);
                var (ex, ey) = (_stream.Between(0, side - edge), _stream.Between(0, side - edge));
                for (var plane = 0; hit && plane < image.Length; plane += side * side)
                for (var y = ey; y < ey + edge; y++) image.Slice(plane + y * side + ex, edge).Fill(-1);
                break;
        }
    }

    /// <summary>Blends each sample with the batch in reverse, or pastes a square of it; the share is drawn once per batch from Beta(a, a).</summary>
    /// <remarks>Zhang et al. 2018, arXiv:1710.09412; Yun et al. 2019, arXiv:1905.04899.</remarks>
    void Mix(double amount, bool whole)
    {
        if (amount <= 0) return;
        var share = Beta.Draw(amount, ref _stream);
        var (batch, pixels, side) = (_settings.Batch, _set.PixelsEach, _set.Side);
        var images = Images.ToArray();
        var targets = Targets.ToArray();
        var edge = whole ? 0 : (int)Math.Round(side * Math.Sqrt(1 - share));
        var (left, top) = (_stream.Between(0, side - edge), _stream.Between(0, side - edge));
        if (!whole) share = 1 - (double)(edge * edge) / (side * side);
        for (var i = 0; i < batch; i++)
        {
            var other = (batch - 1 - i) * pixels;
            for (var p = 0; p < pixels; p++)
            {
                var (y, x) = (p / side % side, p % side);
                if (whole) Images[i * pixels + p] = (float)(share * images[i * pixels + p] + (1 - share) * images[other + p]);
                else if (y >= top && y < top + edge && x >= left && x < left + edge) Images[i * pixels + p] = images[other + p];
            }
            for (var c = 0; c < _set.Classes; c++)
                Targets[i * _set.Classes + c] = (float)(share * targets[i * _set.Classes + c] + (1 - share) * targets[(batch - 1 - i) * _set.Classes + c]);
        }
    }
}

using ModelZoo.Learning.Kernels;
using ModelZoo.Learning.Randomness;
using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.FineTuning;

/// <summary>What to fine-tune: a network and its numbers, how, and on what.</summary>
/// <param name="Start">The first values of all tensors of the layout; see <see cref="EncoderFiles.ReadAsync"/>.</param>
/// <param name="Validation">Null: nothing is measured between epochs, and the last is kept.</param>
public sealed record FineTuneTask(EncoderLayout Layout, float[] Start, FineTuneSettings Settings, LabelledInputs Train, LabelledInputs? Validation);

/// <summary>
/// Fine-tunes one model. A batch goes through in tiles of a fixed size, several at once, and their gradients are added in the order of the tiles: the same
/// task gives the same bytes whatever the number of threads.
/// </summary>
public sealed class FineTuner
{
    /// <summary>What a gradient is divided by more than its own length when it is clipped, as PyTorch's clip_grad_norm_ does.</summary>
    const double ClipSlack = 1e-6;

    readonly FineTuneTask _task;
    readonly EncoderLayout _layout;
    readonly EncoderWeights _weights;
    readonly EncoderPass[] _passes;
    readonly float[][] _partial;
    readonly float[] _gradients;
    readonly float[] _first;
    readonly float[] _second;
    readonly float[][] _targets;
    readonly List<EpochScore> _curve = [];
    LabelledInputs _train;
    LabelledInputs? _validation;
    bool _isReady;
    long _steps;
    float[] _best = [];
    int _sinceBest;

    /// <exception cref="FineTuneException">Model, data and settings do not fit together.</exception>
    public FineTuner(FineTuneTask task, int threads)
    {
        (_task, _layout, _train, _validation) = (task, task.Layout, task.Train, task.Validation);
        var settings = task.Settings;
        settings.Validate();
        task.Train.Validate(_layout.Shape, _layout.Outputs);
        task.Validation?.Validate(_layout.Shape, _layout.Outputs);
        if (task.Train.Count == 0) throw new FineTuneException("There is nothing to train on.");
        if (task.Train.Values is not null && _layout.Outputs != 1) throw new FineTuneException("Regression has one output.");
        foreach (var value in task.Start)
            if (!float.IsFinite(value)) throw new FineTuneException("The model holds a weight that is no finite number.");
        Threads = Math.Clamp(threads, 1, (Math.Max(settings.Batch, 1) + settings.Tile - 1) / settings.Tile);
        _weights = new(_layout, [.. task.Start]);
        var longest = Math.Max(task.Train.Inputs.Longest(_layout.Shape), task.Validation?.Inputs.Longest(_layout.Shape) ?? 1);
        _passes = [.. Enumerable.Range(0, Threads).Select(_ => new EncoderPass(_layout, settings.Lora, settings.Tile, longest))];
        _partial = [.. Enumerable.Range(0, Threads).Select(_ => new float[_layout.LearningCount])];
        _targets = [.. Enumerable.Range(0, Threads).Select(_ => new float[settings.Tile * _layout.Outputs])];
        _gradients = new float[_layout.LearningCount];
        _first = settings.Optimizer.Moments(settings.Momentum) > 0 ? new float[_layout.LearningCount] : [];
        _second = settings.Optimizer.HasSecondMoments() ? new float[_layout.LearningCount] : [];
    }

    /// <summary>Threads that help; more than a batch has tiles would have nothing to do.</summary>
    public int Threads { get; }

    /// <summary>Epochs done.</summary>
    public int Epoch { get; private set; }

    /// <summary>The epoch with the best validation score; 0 before there is one.</summary>
    public int BestEpoch { get; private set; }

    public SetScore? BestScore { get; private set; }

    public IReadOnlyList<EpochScore> Curve => _curve;

    /// <summary>All numbers of the network now.</summary>
    public ReadOnlySpan<float> Values => _weights.Values;

    /// <summary>Gradients of the last step, before clipping.</summary>
    internal ReadOnlySpan<float> Gradients => _gradients;

    public bool IsOver => Epoch >= _task.Settings.Epochs || (_task.Settings.Patience > 0 && _validation is not null && _sinceBest >= _task.Settings.Patience);

    public int StepsPerEpoch => (_train.Count + _task.Settings.Batch - 1) / _task.Settings.Batch;

    public FineTuneState State => new(Epoch, _steps, Learning(), [.. _first], [.. _second], [.. _best], BestEpoch, _sinceBest, BestScore is null ? null : BestScore with { Outputs = [] }, [.. _curve]);

    /// <summary>Goes on where a state was kept.</summary>
    /// <exception cref="FineTuneException">The state belongs to another model or optimiser.</exception>
    public void Restore(FineTuneState state)
    {
        if (state.Learning.Length != _layout.LearningCount || state.First.Length != _first.Length || state.Second.Length != _second.Length || (state.Best.Length > 0 && state.Best.Length != _layout.LearningCount))
            throw new FineTuneException("The kept state belongs to another model or optimiser.");
        SetLearning(state.Learning);
        state.First.CopyTo(_first, 0);
        state.Second.CopyTo(_second, 0);
        (_best, _steps, Epoch, BestEpoch, _sinceBest, BestScore) = ([.. state.Best], state.Steps, state.Epoch, state.BestEpoch, state.SinceBest, state.BestScore);
        _curve.Clear();
        _curve.AddRange(state.Curve);
    }

    /// <summary>Trains one epoch and measures it on the validation set.</summary>
    /// <exception cref="DivergedException">The loss is no finite number; what was before the epoch is lost here, and kept in the last state.</exception>
    public EpochScore RunEpoch(IProgress<FineTuneProgress>? progress, CancellationToken stop)
    {
        var settings = _task.Settings;
        Begin(progress, stop);
        if (Epoch == 0 && _curve.Count == 0 && _validation is not null) _curve.Add(Score(0, null, null, null, null, Evaluate(_validation, progress, stop)));
        Epoch++;
        var order = RandomSource.Named(settings.Seed, $"shuffle/{Epoch}").Permutation(_train.Count);
        var (loss, correct, norms, rate) = (0.0, 0, 0.0, 0.0);
        for (var step = 0; step < StepsPerEpoch; step++)
        {
            stop.ThrowIfCancellationRequested();
            var batch = order.AsMemory(step * settings.Batch, Math.Min(settings.Batch, _train.Count - step * settings.Batch));
            var (stepLoss, stepCorrect) = Accumulate(batch);
            var norm = Norm();
            if (!double.IsFinite(stepLoss) || !double.IsFinite(norm)) throw new DivergedException(Epoch, step + 1);
            (loss, correct, norms) = (loss + stepLoss, correct + stepCorrect, norms + norm);
            rate = settings.LearningRate * settings.Factor(_steps, (long)settings.Epochs * StepsPerEpoch);
            Move(rate, norm);
            progress?.Report(new("training", Epoch, settings.Epochs, step + 1, StepsPerEpoch, stepLoss / batch.Length));
        }
        // The last step may have been the one too many.
        foreach (var value in _weights.Values)
            if (!float.IsFinite(value)) throw new DivergedException(Epoch, StepsPerEpoch);
        var validation = _validation is null ? null : Evaluate(_validation, progress, stop);
        var score = Score(Epoch, loss / _train.Count, _train.Values is null ? (double)correct / _train.Count : null, norms / StepsPerEpoch, rate, validation);
        _curve.Add(score);
        if (validation is not null)
        {
            _sinceBest++;
            if (validation.IsBetterThan(BestScore))
            {
                (BestScore, BestEpoch, _sinceBest) = (validation, Epoch, 0);
                if (settings.KeepsBest) _best = Learning();
            }
        }
        return score;
    }

    /// <summary>Goes back to the best epoch, where that is wanted and known.</summary>
    public void TakeBest()
    {
        if (_best.Length > 0) SetLearning(_best);
    }

    /// <summary>Measures the network as it is, on any set.</summary>
    public SetScore Evaluate(LabelledInputs set, IProgress<FineTuneProgress>? progress, CancellationToken stop)
    {
        var (outputs, tile) = (_layout.Outputs, _task.Settings.Tile);
        var values = new float[set.Count * outputs];
        Visit(set.Inputs, "evaluating", progress, (pass, first, count) =>
        {
            pass.Forward(_weights, set.Inputs);
            pass.Outputs.AsSpan(0, count * outputs).CopyTo(values.AsSpan(first * outputs));
        }, stop);
        return SetScore.Of(set, outputs, values);
    }

    /// <summary>For a probe, computes once what its head reads.</summary>
    void Begin(IProgress<FineTuneProgress>? progress, CancellationToken stop)
    {
        if (_isReady) return;
        if (_task.Settings.Method == FineTuneMethod.Probe)
        {
            _train = _train with { Inputs = Features(_train.Inputs, progress, stop) };
            if (_validation is not null) _validation = _validation with { Inputs = Features(_validation.Inputs, progress, stop) };
        }
        _isReady = true;
    }

    /// <summary>Computes features now instead of with the first epoch.</summary>
    internal void Prepare(CancellationToken stop) => Begin(null, stop);

    FeatureInputs Features(EncoderInputs inputs, IProgress<FineTuneProgress>? progress, CancellationToken stop)
    {
        var width = _layout.Shape.Width;
        var values = new float[checked(inputs.Count * width)];
        Visit(inputs, "features", progress, (pass, first, count) =>
        {
            pass.Prepare(_weights, inputs);
            pass.Features.AsSpan(0, count * width).CopyTo(values.AsSpan(first * width));
        }, stop);
        return new(values, width);
    }

    /// <summary>Every sample once, without dropout, tile by tile on all threads.</summary>
    void Visit(EncoderInputs inputs, string stage, IProgress<FineTuneProgress>? progress, Action<EncoderPass, int, int> take, CancellationToken stop)
    {
        var (tile, next, done) = (_task.Settings.Tile, -1, 0);
        var longest = inputs is FeatureInputs ? 1 : inputs.Longest(_layout.Shape);
        var tiles = (inputs.Count + tile - 1) / tile;
        Run(Math.Min(Threads, tiles), thread =>
        {
            var pass = _passes[thread].Fits(longest) ? _passes[thread] : new(_layout, _task.Settings.Lora, tile, longest);
            for (int i; (i = Interlocked.Increment(ref next)) < tiles && !stop.IsCancellationRequested;)
            {
                var count = Math.Min(tile, inputs.Count - i * tile);
                pass.Tile.Begin(isTraining: false);
                for (var s = 0; s < count; s++) pass.Tile.Add(i * tile + s, inputs.RowsOf(_layout.Shape, i * tile + s), 0);
                take(pass, i * tile, count);
                progress?.Report(new(stage, Epoch, _task.Settings.Epochs, Interlocked.Add(ref done, count), inputs.Count, null));
            }
        });
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Gradients of the batch's mean loss; the sum of losses, and how many were right.</summary>
    internal (double Loss, int Correct) Accumulate(ReadOnlyMemory<int> batch)
    {
        var tile = _task.Settings.Tile;
        var tiles = (batch.Length + tile - 1) / tile;
        var (loss, correct) = (0.0, 0);
        var results = new (double Loss, int Correct)[Threads];
        Array.Clear(_gradients);
        for (var wave = 0; wave < tiles; wave += Threads)
        {
            var first = wave;
            var count = Math.Min(Threads, tiles - wave);
            Run(count, thread => results[thread] = RunTile(thread, batch.Span.Slice((first + thread) * tile, Math.Min(tile, batch.Length - (first + thread) * tile)), batch.Length));
            for (var thread = 0; thread < count; thread++)
            {
                (loss, correct) = (loss + results[thread].Loss, correct + results[thread].Correct);
                RowOps.Add(_partial[thread], _gradients);
            }
        }
        return (loss, correct);
    }

    (double Loss, int Correct) RunTile(int thread, ReadOnlySpan<int> samples, int batch)
    {
        var (pass, outputs) = (_passes[thread], _layout.Outputs);
        pass.Tile.Begin(isTraining: true);
        var epoch = RandomSource.Named(_task.Settings.Seed, $"dropout/{Epoch}").Next();
        foreach (var sample in samples) pass.Tile.Add(sample, _train.Inputs.RowsOf(_layout.Shape, sample), RandomSource.At(epoch, (ulong)sample + 1));
        pass.Forward(_weights, _train.Inputs);
        var result = _train.Values is { } wanted ? Squares(pass, samples, wanted, batch) : Classes(pass, samples, _targets[thread], batch);
        Array.Clear(_partial[thread]);
        pass.Backward(_weights, _partial[thread]);
        return result;

        (double, int) Classes(EncoderPass pass, ReadOnlySpan<int> samples, float[] targets, int batch)
        {
            var (smooth, right) = (_task.Settings.LabelSmoothing, 0);
            targets.AsSpan(0, samples.Length * outputs).Fill((float)(smooth / outputs));
            for (var s = 0; s < samples.Length; s++)
            {
                var label = _train.Labels[samples[s]];
                targets[s * outputs + label] = (float)(1 - smooth + smooth / outputs);
                if (Evaluator.ArgMax(pass.Outputs.AsSpan(s * outputs, outputs)) == label) right++;
            }
            return (CrossEntropy.Run(samples.Length, outputs, pass.Outputs, targets, batch, pass.DOutputs), right);
        }
    }

    static (double, int) Squares(EncoderPass pass, ReadOnlySpan<int> samples, IReadOnlyList<float> wanted, int batch)
    {
        var loss = 0.0;
        for (var s = 0; s < samples.Length; s++)
        {
            var off = pass.Outputs[s] - (double)wanted[samples[s]];
            loss += off * off;
            pass.DOutputs[s] = (float)(2 * off / batch);
        }
        return (loss, 0);
    }

    double Norm()
    {
        var sum = 0.0;
        foreach (var value in _gradients) sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    void Move(double rate, double norm)
    {
        var settings = _task.Settings;
        _steps++;
        if (settings.ClipNorm > 0 && norm > settings.ClipNorm)
        {
            var factor = (float)(settings.ClipNorm / (norm + ClipSlack));
            foreach (ref var value in _gradients.AsSpan()) value *= factor;
        }
        foreach (var tensor in _layout.Tensors)
        {
            if (!tensor.Learns) continue;
            var p = _weights.Values.AsSpan(tensor.Offset, tensor.Count);
            var g = _gradients.AsSpan(tensor.Gradient, tensor.Count);
            var decay = tensor.Decays || settings.DecaysAll ? settings.WeightDecay : 0;
            Optimizer.Step(settings.Optimizer, p, g, Part(_first, tensor), Part(_second, tensor), rate, decay, settings.Momentum, _steps);
        }
        _weights.Refresh();
    }

    static Span<float> Part(float[] moments, EncoderTensor tensor) => moments.Length == 0 ? [] : moments.AsSpan(tensor.Gradient, tensor.Count);

    float[] Learning()
    {
        var learning = new float[_layout.LearningCount];
        foreach (var tensor in _layout.Tensors)
            if (tensor.Learns) _weights.Values.AsSpan(tensor.Offset, tensor.Count).CopyTo(learning.AsSpan(tensor.Gradient));
        return learning;
    }

    void SetLearning(float[] learning)
    {
        foreach (var tensor in _layout.Tensors)
            if (tensor.Learns) learning.AsSpan(tensor.Gradient, tensor.Count).CopyTo(_weights.Values.AsSpan(tensor.Offset));
        _weights.Refresh();
    }

    static EpochScore Score(int epoch, double? loss, double? accuracy, double? norm, double? rate, SetScore? validation) =>
        new(epoch, loss, accuracy, norm, rate, validation?.Loss, validation?.Accuracy, validation?.MacroF1);

    static void Run(int count, Action<int> work)
    {
        if (count == 1) work(0);
        else if (count > 1) Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = count }, work);
    }
}

using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Networks;
using ModelZoo.Learning.Randomness;

namespace ModelZoo.Learning.Training;

/// <summary>What to train: a model, how, on what, and from where.</summary>
/// <param name="Start">The first values of all parameters; see <see cref="StartingPoint"/>.</param>
public sealed record TrainingTask(Architecture Model, HeadShape Head, TrainSettings Settings, ImageSet Train, IReadOnlyList<ImageSet> Evaluated, ulong Seed, float[] Start);

/// <summary>Everything needed to go on after an epoch.</summary>
/// <param name="Epoch">Epochs done.</param>
public sealed record TrainingState(int Epoch, float[] Parameters, float[] First, float[] Second, long Steps, float[] Average);

/// <summary>What an epoch came to. Loss and accuracy are those of the augmented batches as they were trained on, with what was dropped.</summary>
/// <param name="Epoch">From 0, which is the model before its first step and has no training figures.</param>
public sealed record EpochReport(int Epoch, double? TrainLoss, double? TrainAccuracy, IReadOnlyList<SplitResult> Splits);

/// <summary>A split evaluated without augmentation, every sample of it.</summary>
/// <param name="Logits">[samples, classes].</param>
public sealed record SplitResult(string Split, int Count, int Correct, double Loss, float[] Logits)
{
    public double Accuracy => (double)Correct / Count;
}

/// <summary>The weights stopped being numbers. Earlier epochs are good.</summary>
public sealed class DivergedException(int epoch, long step) : Exception($"The loss was no finite number in epoch {epoch}, step {step}.")
{
    public int Epoch => epoch;
}

/// <summary>
/// Trains one member on the calling thread. The same task gives the same bytes whatever else runs; parallelism is over members.
/// </summary>
public sealed class MemberTrainer
{
    readonly TrainingTask _task;
    readonly List<NetworkPass> _tiles;
    readonly StepWeights _weights;
    readonly Optimizer _optimizer;
    readonly BatchMaker _batches;
    RandomSource _dropout;
    readonly float[] _parameters;
    readonly float[] _gradients;
    readonly float[] _average;
    readonly float[] _outputs;
    readonly float[] _dOutputs;

    public MemberTrainer(TrainingTask task)
    {
        _task = task;
        var settings = task.Settings;
        var contrastive = settings.Objective == Objective.Contrastive;
        if (!contrastive && task.Head.Out != task.Train.Classes) throw new ArgumentException($"The head has {task.Head.Out} outputs for {task.Train.Classes} classes.", nameof(task));
        if (settings.Batch > task.Train.Count) throw new ArgumentException("A batch is larger than the training set.", nameof(task));
        var samples = settings.Batch * (contrastive ? 2 : 1);
        // A contrastive loss looks at the whole batch before anything goes backward, so all its tiles are kept.
        var tiles = contrastive ? (samples + NetworkPass.TileSamples - 1) / NetworkPass.TileSamples : 1;
        _tiles = [.. Enumerable.Range(0, tiles).Select(_ => NetworkPass.Of(task.Model, task.Head))];
        Layout = _tiles[0].Layout;
        if (task.Start.Length != Layout.Count) throw new ArgumentException($"The model has {Layout.Count} parameters; {task.Start.Length} are given to start from.", nameof(task));
        _weights = new(Layout);
        _optimizer = new(settings, Layout.Count);
        _batches = new(task.Train, settings, task.Model, task.Seed);
        _parameters = [.. task.Start];
        _gradients = new float[Layout.Count];
        _average = settings.Ema > 0 ? [.. task.Start] : [];
        _outputs = new float[Math.Max(samples, NetworkPass.TileSamples) * task.Head.Out];
        _dOutputs = new float[_outputs.Length];
    }

    public ParameterLayout Layout { get; }

    public int Epoch { get; private set; }

    /// <summary>The weights now. They change with every step.</summary>
    public ReadOnlySpan<float> Parameters => _parameters;

    public ReadOnlySpan<float> Gradients => _gradients;

    /// <summary>The moving average of the weights; empty when there is none.</summary>
    public ReadOnlySpan<float> Average => _average;

    public TrainingState State => new(Epoch, [.. _parameters], [.. _optimizer.First], [.. _optimizer.Second], _optimizer.Steps, [.. _average]);

    /// <summary>Goes on where a state was kept.</summary>
    public void Restore(TrainingState state)
    {
        if (state.Parameters.Length != _parameters.Length || state.First.Length != _optimizer.First.Length || state.Second.Length != _optimizer.Second.Length || state.Average.Length != _average.Length)
            throw new ArgumentException("The state belongs to another model or optimiser.", nameof(state));
        state.Parameters.CopyTo(_parameters, 0);
        state.First.CopyTo(_optimizer.First, 0);
        state.Second.CopyTo(_optimizer.Second, 0);
        state.Average.CopyTo(_average, 0);
        _optimizer.Steps = state.Steps;
        Epoch = state.Epoch;
    }

    /// <summary>Trains one epoch and, unless told not to, evaluates.</summary>
    /// <exception cref="DivergedException">The loss is no finite number.</exception>
    public EpochReport RunEpoch(CancellationToken stop, bool evaluate = true)
    {
        var settings = _task.Settings;
        var steps = _batches.StepsPerEpoch;
        var (loss, correct) = (0.0, 0);
        _batches.Begin(++Epoch);
        _dropout = RandomSource.Named(_task.Seed, $"dropout/{Epoch}");
        for (var step = 0; step < steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            _batches.Fill(step);
            var (stepLoss, stepCorrect) = Accumulate(step);
            if (!double.IsFinite(stepLoss)) throw new DivergedException(Epoch, step + 1);
            loss += stepLoss;
            correct += stepCorrect;
            var at = (Epoch - 1L) * steps + step;
            var rate = settings.LearningRate * LearningRate.Factor(settings.Schedule, settings.WarmupSteps, at, (long)settings.Epochs * steps);
            _optimizer.Step(_parameters, _gradients, settings.FreezeBackbone ? Layout.BackboneCount : 0, rate);
            for (var i = 0; i < _average.Length; i++) _average[i] = (float)(settings.Ema * _average[i] + (1 - settings.Ema) * _parameters[i]);
        }
        // The last step may have been the one too many.
        foreach (var value in _parameters)
            if (!float.IsFinite(value)) throw new DivergedException(Epoch, steps);
        var supervised = settings.Objective == Objective.Supervised;
        return new(Epoch, loss / steps, supervised ? (double)correct / (steps * settings.Batch) : null, evaluate ? Evaluate(stop) : []);
    }

    /// <summary>Evaluates the weights as they are on every split of the task.</summary>
    public IReadOnlyList<SplitResult> Evaluate(CancellationToken stop)
    {
        if (_task.Settings.Objective == Objective.Contrastive) return [];
        _weights.Refresh(_parameters);
        return [.. _task.Evaluated.Select(set => Evaluator.Run(_tiles[0], _weights, set, stop))];
    }

    /// <summary>Gradients of the batch's mean loss; the loss and how many were right.</summary>
    (double Loss, int Correct) Accumulate(int step)
    {
        _weights.Refresh(_parameters);
        Array.Clear(_gradients);
        return _task.Settings.Objective == Objective.Contrastive ? (AccumulateContrastive(step), 0) : AccumulateSupervised(step);
    }

    (double Loss, int Correct) AccumulateSupervised(int step)
    {
        var (batch, pixels, outputs) = (_task.Settings.Batch, _task.Train.PixelsEach, _task.Head.Out);
        var (loss, correct) = (0.0, 0);
        var tile = _tiles[0];
        for (var first = 0; first < batch; first += NetworkPass.TileSamples)
        {
            var samples = Math.Min(NetworkPass.TileSamples, batch - first);
            tile.Forward(_weights, _batches.Images.AsSpan(first * pixels), samples, _outputs, DropsOf(step, batch, first));
            loss += CrossEntropy.Run(samples, outputs, _outputs, _batches.Targets.AsSpan(first * outputs), batch, _dOutputs);
            for (var i = 0; i < samples; i++)
                if (Evaluator.ArgMax(_outputs.AsSpan(i * outputs, outputs)) == _batches.Labels[first + i]) correct++;
            tile.Backward(_weights, _dOutputs.AsSpan(0, samples * outputs), _gradients, _task.Settings.FreezeBackbone);
        }
        return (loss / batch, correct);
    }

    /// <summary>What is dropped from a tile that begins with so many samples of its step before it.</summary>
    Drops? DropsOf(int step, int samples, int first) => _task.Settings.Dropout > 0 ? new(_dropout, _task.Settings.Dropout, (long)step * samples + first) : null;

    double AccumulateContrastive(int step)
    {
        var (views, pixels, outputs) = (2 * _task.Settings.Batch, _task.Train.PixelsEach, _task.Head.Out);
        for (var (tile, first) = (0, 0); first < views; tile++, first += NetworkPass.TileSamples)
            _tiles[tile].Forward(_weights, _batches.Images.AsSpan(first * pixels), Math.Min(NetworkPass.TileSamples, views - first), _outputs.AsSpan(first * outputs), DropsOf(step, views, first));
        var loss = InfoNce.Run(_task.Settings.Batch, outputs, _task.Settings.Temperature, _outputs, _dOutputs);
        for (var (tile, first) = (0, 0); first < views; tile++, first += NetworkPass.TileSamples)
            _tiles[tile].Backward(_weights, _dOutputs.AsSpan(first * outputs, Math.Min(NetworkPass.TileSamples, views - first) * outputs), _gradients, _task.Settings.FreezeBackbone);
        return loss;
    }
}

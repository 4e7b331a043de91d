using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Networks;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;
using Architecture = ModelZoo.Learning.Models.Architecture;

namespace ModelZoo.Learning.Merging;

/// <summary>Scores merged members of one population on its own data. Choices only ever look at the validation split.</summary>
public sealed class MemberScorer(Architecture model, HeadShape head, ImageSplits data)
{
    const int BatchSamples = 128;

    readonly ParameterLayout _layout = ParameterLayout.Of(model, head);

    public Architecture Model => model;

    public HeadShape Head => head;

    public bool HasValidation => data.Find("val") is not null;

    public IReadOnlyList<string> Splits => [.. data.Others.Select(set => set.Name)];

    /// <summary>Null when the inputs are not states of one architecture whose data is at hand; then <paramref name="why"/> says so.</summary>
    /// <param name="open">The data of a set, or null where it is not at hand.</param>
    public static MemberScorer? Find(IReadOnlyList<(Population Population, PopulationMember Member)?> states, Func<BlueprintDataset, ImageSplits?> open, out string? why)
    {
        why = "they are no members of a population";
        if (states.Count == 0 || states[0] is not { } first || states.Any(state => state is null)) return null;
        var card = first.Member.Card;
        why = "they have different shapes";
        if (states.Any(state => state!.Value.Member.Card is var other && (!$"{other.Architecture}".Equals($"{card.Architecture}", StringComparison.Ordinal) || other.Head != card.Head))) return null;
        why = "their data set is not known here";
        if (card is not { Architecture: { } model, Head: { } head, Dataset: { } name } || first.Population.Blueprint is not { } blueprint || !blueprint.Datasets.TryGetValue(name, out var set)) return null;
        if (states.Any(state => state!.Value.Member.Card.DatasetId != card.DatasetId))
        {
            why = "they were trained on different data";
            return null;
        }
        if (open(set) is not { } data || data.Train.Classes != head.Out || !data.Train.Fits(model)) return null;
        why = null;
        return new(model, head, data);
    }

    /// <summary>Parameters in the order of a layout.</summary>
    /// <exception cref="PopulationException">A tensor is missing or of another shape.</exception>
    public static Task<float[]> ReadAsync(ParameterLayout layout, IReadOnlyList<TensorContent> tensors, CancellationToken stop) => StateFile.ReadWeightsAsync(layout, tensors, "the soup", stop);

    public async ValueTask<float[]> ReadAsync(IReadOnlyList<TensorContent> tensors, CancellationToken stop) => await StateFile.ReadWeightsAsync(_layout, tensors, "the soup", stop);

    /// <summary>Parameters as a model under the population's own names.</summary>
    public MergedModel ToModel(float[] parameters) => new([.. _layout.Tensors.Select(tensor => StateFile.Content(tensor.Name, tensor.Shape, parameters.AsSpan(tensor.Offset, tensor.Count), DType.F32))], []);

    public SplitResult? Run(float[] parameters, string split, CancellationToken stop) => data.Find(split) is { } set ? Evaluator.Run(model, head, parameters, set, stop) : null;

    public async ValueTask<(double Loss, double Accuracy)> ValidateAsync(MergedModel merged, CancellationToken stop)
    {
        var result = Run(await ReadAsync(merged.Tensors, stop), "val", stop)!;
        return (result.Loss, result.Accuracy);
    }

    public async ValueTask<double> BarrierAsync(MergeInput a, MergeInput b, CancellationToken stop) => (await LinearPath.MeasureAsync(a, b, ValidateAsync, stop)).AccuracyBarrier;

    public IReadOnlyList<int> Labels(string split) => [.. data.Find(split)!.Labels.Select(label => (int)label)];

    /// <summary>A learned soup of models given by their parameters, fitted to the validation split.</summary>
    /// <param name="perTensor">Weights for each model and tensor, instead of for each model.</param>
    public LearnedSoup Learn(IReadOnlyList<float[]> models, bool perTensor, CancellationToken stop, int epochs = 5)
    {
        var set = data.Find("val") ?? throw new MergeException("A learned soup needs a validation split.");
        var groups = new int[_layout.Count];
        for (var g = 0; g < _layout.Tensors.Count; g++) groups.AsSpan(_layout.Tensors[g].Offset, _layout.Tensors[g].Count).Fill(g);
        var (pass, weights) = (NetworkPass.Of(model, head), new StepWeights(_layout));
        var batches = (set.Count + BatchSamples - 1) / BatchSamples;
        return LearnedSoup.Fit(models, perTensor ? groups : null, batches, Slope, stop, epochs);

        SoupSlope Slope(float[] parameters, double scale, int batch)
        {
            weights.Refresh(parameters);
            var gradients = new float[_layout.Count];
            var (first, until) = (batch * BatchSamples, Math.Min(set.Count, (batch + 1) * BatchSamples));
            var (loss, byScale, outputs) = (0.0, 0.0, head.Out);
            var images = new float[NetworkPass.TileSamples * set.PixelsEach];
            var (logits, scaled, slope, targets) = (Room(), Room(), Room(), Room());
            for (var at = first; at < until; at += NetworkPass.TileSamples)
            {
                var samples = Math.Min(NetworkPass.TileSamples, until - at);
                for (var i = 0; i < samples; i++) set.Read(at + i, images.AsSpan(i * set.PixelsEach));
                pass.Forward(weights, images, samples, logits);
                CrossEntropy.Smooth(set.Labels.AsSpan(at, samples), outputs, 0, targets);
                for (var i = 0; i < samples * outputs; i++) scaled[i] = (float)(scale * logits[i]);
                loss += CrossEntropy.Run(samples, outputs, scaled, targets, until - first, slope);
                for (var i = 0; i < samples * outputs; i++)
                {
                    byScale += (double)slope[i] * logits[i];
                    slope[i] = (float)(slope[i] * scale);
                }
                pass.Backward(weights, slope.AsSpan(0, samples * outputs), gradients, headOnly: false);
            }
            return new(loss / (until - first), gradients, byScale);

            float[] Room() => new float[NetworkPass.TileSamples * outputs];
        }
    }
}

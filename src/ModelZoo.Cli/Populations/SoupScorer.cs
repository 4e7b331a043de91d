using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>Scores merged members of one population on its own data. Choices only ever look at the validation split.</summary>
sealed class SoupScorer(Architecture model, HeadShape head, ImageSplits data)
{
    readonly ParameterLayout _layout = ParameterLayout.Of(model, head);

    public Architecture Model => model;

    public HeadShape Head => head;

    public bool HasValidation => data.Find("val") is not null;

    /// <summary>Null when the inputs are not members of one architecture whose data is at hand.</summary>
    public static SoupScorer? Find(LocalCall call, IReadOnlyList<MergeSource> sources, out string? why)
    {
        why = "they are no members of a population";
        if (sources[0].State is not { } first || sources.Any(source => source.State is null)) return null;
        var card = first.Member.Card;
        why = "they have different shapes";
        if (sources.Any(source => source.State!.Value.Member.Card is var other && (!$"{other.Architecture}".Equals($"{card.Architecture}", StringComparison.Ordinal) || other.Head != card.Head))) return null;
        why = "their data set is not known here";
        if (card is not { Architecture: { } model, Head: { } head, Dataset: { } name } || first.Population.Blueprint is not { } blueprint || !blueprint.Datasets.TryGetValue(name, out var set)) return null;
        try
        {
            if (BlueprintSource.OpenData(call, [set])(set) is not { } data || data.Train.Classes != head.Out) return null;
            why = null;
            return new(model, head, data);
        }
        catch (UsageException missing)
        {
            why = missing.Message;
            return null;
        }
    }

    public async ValueTask<float[]> ReadAsync(IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var parameters = new float[_layout.Count];
        var reader = new WideReader();
        foreach (var shape in _layout.Tensors)
        {
            var values = new double[shape.Count];
            await reader.ReadAsync(byName[shape.Name], 0, values, stop);
            for (var i = 0; i < values.Length; i++) parameters[shape.Offset + i] = (float)values[i];
        }
        return parameters;
    }

    public SplitResult? Run(float[] parameters, string split, CancellationToken stop) => data.Find(split) is { } set ? Evaluator.Run(model, head, parameters, set, stop) : null;

    public async ValueTask<(double Loss, double Accuracy)> ValidateAsync(MergedModel merged, CancellationToken stop)
    {
        var result = Run(await ReadAsync(merged.Tensors, stop), "val", stop)!;
        return (result.Loss, result.Accuracy);
    }

    public async ValueTask<double> BarrierAsync(MergeInput a, MergeInput b, CancellationToken stop) => (await LinearPath.MeasureAsync(a, b, ValidateAsync, stop)).AccuracyBarrier;

    public IReadOnlyList<string> Splits => [.. data.Others.Select(set => set.Name)];

    public IReadOnlyList<int> Labels(string split) => [.. data.Find(split)!.Labels.Select(label => (int)label)];
}

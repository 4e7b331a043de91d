using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Adapters;

/// <summary>Says what is on pictures: one input of rank 4, one output of a score for each class.</summary>
public sealed class ImageClassifier
{
    static readonly string[] s_names = ["pixel_values", "input", "data"];

    readonly OnnxSession _session;
    readonly Port _input;
    readonly string _output;

    /// <exception cref="InferenceException">The model takes no pictures.</exception>
    public ImageClassifier(OnnxSession session, ImagePipeline pipeline, IReadOnlyList<string> labels, ScoreKind kind = ScoreKind.Guess, string? output = null)
    {
        (_session, Labels, Kind) = (session, labels, kind);
        _input = FindInput(session) ?? throw new InferenceException(InferenceFault.Model, $"The model takes no pictures: its inputs are {string.Join(", ", session.Inputs)}.");
        _output = output is not null ? (session.FindOutput(output) ?? throw new InferenceException(InferenceFault.Model, $"The model has no output '{output}'.")).Name : (session.FindOutput("logits") ?? session.Outputs[0]).Name;
        // Channels come last when the last axis is 1 or 3 and the second is not.
        var isLast = _input.Shape[3] is 1 or 3 && _input.Shape[1] is not (1 or 3);
        Pipeline = isLast ? pipeline with { IsChannelsLast = true } : pipeline;
    }

    public ImagePipeline Pipeline { get; }

    public IReadOnlyList<string> Labels { get; }

    public ScoreKind Kind { get; }

    public static Port? FindInput(OnnxSession session)
    {
        var candidates = session.Inputs.Where(port => port is { Rank: 4, Type: ElementType.Float or ElementType.Float16 or ElementType.UInt8 or ElementType.Double }).ToList();
        return s_names.Select(name => candidates.Find(port => port.Name == name)).FirstOrDefault(port => port is not null) ?? (candidates.Count == 1 ? candidates[0] : null);
    }

    public LabelScore[] Classify(Image image, int best, CancellationToken stop) =>
        Scores.Best(Scores.ToProbabilities(Score([image], stop)[0], Kind), Labels, best);

    /// <summary>The model's own numbers for each picture. Pictures must come out of the pipeline in one size.</summary>
    public float[][] Score(IReadOnlyList<Image> images, CancellationToken stop)
    {
        if (images.Count == 0) return [];
        var shape = Pipeline.ShapeOf(images[0]);
        var each = checked((int)(shape[1] * shape[2] * shape[3]));
        var numbers = new float[checked(each * images.Count)];
        for (var i = 0; i < images.Count; i++)
        {
            var one = Pipeline.Run(images[i]);
            if (one.Length != each) throw new InferenceException(InferenceFault.Input, "Pictures of one batch must have one size; let the pipeline resize them.");
            one.CopyTo(numbers, i * each);
        }
        return Score(numbers, [images.Count, .. shape[1..]], stop);
    }

    /// <summary>For input that is prepared already, [batch, …].</summary>
    public float[][] Score(float[] numbers, long[] shape, CancellationToken stop)
    {
        // A graph for exactly one picture gets them one by one.
        if (_input.Shape[0] == 1 && shape[0] > 1)
        {
            var each = numbers.Length / (int)shape[0];
            return [.. Enumerable.Range(0, (int)shape[0]).SelectMany(i => Score(numbers.AsSpan(i * each, each).ToArray(), [1, .. shape[1..]], stop))];
        }
        using var input = NumberTensor.Of(numbers, _input.Type, shape);
        using var outputs = _session.Run([(_input.Name, input)], [_output], stop);
        var scores = outputs[0].ToFloats();
        var classes = scores.Length / (int)shape[0];
        return [.. Enumerable.Range(0, (int)shape[0]).Select(i => scores[(i * classes)..((i + 1) * classes)])];
    }
}

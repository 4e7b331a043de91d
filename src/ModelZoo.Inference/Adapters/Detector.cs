using ModelZoo.Inference.Images;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Adapters;

/// <summary>Something found on a picture; edges in pixels of the picture as it was given.</summary>
public readonly record struct Detection(int Class, string Label, float Score, float Left, float Top, float Right, float Bottom);

/// <summary>How a detector's outputs are read.</summary>
public sealed record DetectorRules
{
    public string Boxes { get; init; } = "boxes";
    public string Scores { get; init; } = "scores";

    /// <summary>Boxes are (centre x, centre y, width, height) instead of (left, top, right, bottom).</summary>
    public bool HasCentres { get; init; }

    /// <summary>Boxes are in shares of the picture instead of pixels of the model's input.</summary>
    public bool IsRelative { get; init; } = true;

    /// <summary>A class that means nothing is there.</summary>
    public int? Background { get; init; }

    public float MinScore { get; init; } = 0.5f;

    /// <summary>Boxes of one class that share more than this with a better one are dropped.</summary>
    public float MaxOverlap { get; init; } = 0.5f;

    public int MaxDetections { get; init; } = 300;
}

/// <summary>Finds things on pictures: boxes [1, n, 4] and scores [1, n, classes].</summary>
public sealed class Detector(OnnxSession session, ImagePipeline pipeline, IReadOnlyList<string> labels, DetectorRules rules)
{
    readonly Port _input = ImageClassifier.FindInput(session) ?? throw new InferenceException(InferenceFault.Model, "The model takes no pictures.");

    public IReadOnlyList<Detection> Detect(Image image, CancellationToken stop)
    {
        var shape = pipeline.ShapeOf(image);
        var (inputWidth, inputHeight) = pipeline.IsChannelsLast ? (shape[2], shape[1]) : (shape[3], shape[2]);
        using var input = NumberTensor.Of(pipeline.Run(image), _input.Type, shape);
        using var outputs = session.Run([(_input.Name, input)], [rules.Boxes, rules.Scores], stop);
        var (boxes, scores) = (outputs[0].ToFloats(), outputs[1].ToFloats());
        var (scaleX, scaleY) = rules.IsRelative ? ((float)image.Width, (float)image.Height) : ((float)image.Width / inputWidth, (float)image.Height / inputHeight);
        return Decode(boxes, scores, scaleX, scaleY);
    }

    internal List<Detection> Decode(float[] boxes, float[] scores, float scaleX, float scaleY)
    {
        var count = boxes.Length / 4;
        if (count == 0) return [];
        var classes = scores.Length / count;
        if (classes * count != scores.Length) throw new InferenceException(InferenceFault.Model, $"{count} boxes do not go with {scores.Length} scores.");
        var found = new List<Detection>();
        for (var i = 0; i < count; i++)
        {
            for (var c = 0; c < classes; c++)
            {
                var score = scores[(i * classes) + c];
                // Not "below", so that what is no number is dropped too.
                if (c == rules.Background || !(score >= rules.MinScore)) continue;
                var (a, b, w, h) = (boxes[4 * i], boxes[(4 * i) + 1], boxes[(4 * i) + 2], boxes[(4 * i) + 3]);
                var (left, top, right, bottom) = rules.HasCentres ? (a - (w / 2), b - (h / 2), a + (w / 2), b + (h / 2)) : (a, b, w, h);
                found.Add(new(c, Adapters.Scores.LabelOf(labels, c), score, left * scaleX, top * scaleY, right * scaleX, bottom * scaleY));
            }
        }
        return Suppress(found);
    }

    /// <summary>The best first; each drops those of its class that lie mostly on it.</summary>
    List<Detection> Suppress(List<Detection> found)
    {
        var kept = new List<Detection>();
        foreach (var candidate in found.OrderByDescending(detection => detection.Score))
        {
            if (kept.Count == rules.MaxDetections) break;
            if (!kept.Exists(better => better.Class == candidate.Class && Overlap(better, candidate) > rules.MaxOverlap)) kept.Add(candidate);
        }
        return kept;
    }

    /// <summary>Intersection over union.</summary>
    static float Overlap(in Detection a, in Detection b)
    {
        var (width, height) = (Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left), Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top));
        if (width <= 0 || height <= 0) return 0;
        var shared = width * height;
        return shared / (((a.Right - a.Left) * (a.Bottom - a.Top)) + ((b.Right - b.Left) * (b.Bottom - b.Top)) - shared);
    }
}

using ModelZoo.Learning.Merging;

namespace ModelZoo.Learning.Analyses;

/// <summary>A model on the way between two others.</summary>
public sealed record PathPoint(double Alpha, double Loss, double Accuracy);

/// <summary>Linear mode connectivity: what happens on the straight line between two models.</summary>
public sealed record LinearPath(IReadOnlyList<PathPoint> Points)
{
    /// <summary>Largest accuracy barrier of models that may be averaged.</summary>
    public const double ConnectedBelow = 0.02;

    public double LossBarrier => Points.Max(point => point.Loss - ((1 - point.Alpha) * Points[0].Loss + point.Alpha * Points[^1].Loss));

    public double AccuracyBarrier => Points.Max(point => (1 - point.Alpha) * Points[0].Accuracy + point.Alpha * Points[^1].Accuracy - point.Accuracy);

    public bool IsConnected => AccuracyBarrier <= ConnectedBelow;

    /// <param name="score">Loss and accuracy of a model on some evaluation set.</param>
    public static async Task<LinearPath> MeasureAsync(MergeInput from, MergeInput to, Func<MergedModel, CancellationToken, ValueTask<(double Loss, double Accuracy)>> score, CancellationToken stop, int steps = 10)
    {
        var points = new List<PathPoint>();
        for (var i = 0; i <= steps; i++)
        {
            var alpha = (double)i / steps;
            var (loss, accuracy) = await score(Merger.Merge([to], from, new Interpolation(alpha)), stop);
            points.Add(new(alpha, loss, accuracy));
        }
        return new(points);
    }
}

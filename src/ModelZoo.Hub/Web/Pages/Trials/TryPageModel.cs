using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Trials;

/// <summary>The page on which a model is tried.</summary>
/// <param name="Obstacle">Why it cannot be asked; null when it can.</param>
/// <param name="Command">What an administrator runs to let it be asked; null where that is not what is missing.</param>
/// <param name="Tasks">What it can be asked, the first by default.</param>
/// <param name="Task">What the form asks.</param>
/// <param name="Answer">What it answered; null before it was asked.</param>
public sealed record TryPageModel(PageFrame Frame, RepositoryHeading Repository, string? Obstacle, string? Command, IReadOnlyList<string> Tasks, string Task, FormState Form, TrialAnswer? Answer)
{
    /// <summary>The word for a gap, where the model fills gaps.</summary>
    public string? Mask { get; init; }
}

/// <summary>A label with its score, from 0 to 1.</summary>
public sealed record TrialScore(string Label, double Score, string? Detail = null);

/// <param name="Scores">Labels, words or things found, the best first.</param>
/// <param name="Text">What was generated.</param>
/// <param name="Vector">The first numbers of an embedding.</param>
/// <param name="Length">How many numbers it has.</param>
/// <param name="Json">The whole answer.</param>
public sealed record TrialAnswer(IReadOnlyList<TrialScore> Scores, string? Text, IReadOnlyList<double> Vector, int Length, string Json, double Seconds, string CommitId);

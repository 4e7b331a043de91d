namespace ModelZoo.Git;

public enum DiffLineKind { Context, Added, Removed }

/// <summary>One line of a hunk, without its line feed.</summary>
/// <param name="BeforeNumber">From 1; null for an added line.</param>
/// <param name="AfterNumber">From 1; null for a removed line.</param>
/// <param name="EndsFile">True for a last line that no line feed ends.</param>
public sealed record DiffLine(DiffLineKind Kind, int? BeforeNumber, int? AfterNumber, string Text, bool EndsFile);

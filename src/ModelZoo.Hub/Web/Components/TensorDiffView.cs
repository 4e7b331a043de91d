namespace ModelZoo.Hub.Web.Components;

/// <summary>A tensor that differs.</summary>
/// <param name="Change">added, removed, reshaped, retyped.</param>
public sealed record TensorDiffLine(string Name, string Change, string Before, string After);

/// <summary>How the tensors of two revisions or models differ, in counts and in the first lines.</summary>
/// <param name="Sentence">What changed in all, or why it cannot be told.</param>
public sealed record TensorDiffView(string Sentence, IReadOnlyList<TensorDiffLine> Lines, int More);

namespace ModelZoo.Inference.Templates;

/// <param name="Role">system, user, assistant, or tool.</param>
/// <param name="Extra">Further fields that templates look for, such as <c>tool_calls</c>.</param>
public sealed record ChatMessage(string Role, string Content, IReadOnlyDictionary<string, object?>? Extra = null);

namespace ModelZoo.Hub.Web.Components;

/// <summary>One thing that a check of a card found. <paramref name="Kind"/> is error or warning.</summary>
/// <param name="Place">The key it is about, such as <c>license</c>.</param>
public sealed record Finding(string Kind, string Message, string? Place = null);

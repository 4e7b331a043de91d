namespace ModelZoo.Hub.Web.Components;

/// <summary>One of several things a form lets a person choose.</summary>
public sealed record Choice(string Value, string Label, string? Hint = null);

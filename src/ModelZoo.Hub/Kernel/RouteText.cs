namespace ModelZoo.Hub.Kernel;

/// <summary>A value from the address with its encoded slashes restored: a revision, a path, a branch name.</summary>
readonly record struct RouteText(string Value)
{
    /// <summary>Lets endpoints take it as a parameter named like the route value.</summary>
    public static bool TryParse(string? text, out RouteText value)
    {
        value = new(RawPath.Restore(text ?? ""));
        return true;
    }

    public override string ToString() => Value ?? "";

    public static implicit operator string(RouteText text) => text.Value ?? "";
}

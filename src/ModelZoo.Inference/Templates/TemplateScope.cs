namespace ModelZoo.Inference.Templates;

/// <summary>Names that a part of a template sees: its own, then those around it.</summary>
sealed class TemplateScope(TemplateScope? outer)
{
    readonly Dictionary<string, object?> _names = new(StringComparer.Ordinal);

    public void Set(string name, object? value) => _names[name] = value;

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
            if (scope._names.TryGetValue(name, out value)) return true;
        value = null;
        return false;
    }

    public TemplateScope? Outer { get; } = outer;
}

namespace ModelZoo.Inference.Templates;

/// <summary>Reads numbers as Python's <c>float()</c> does.</summary>
public static class PythonNumber
{
    public static bool TryReal(string text, out double number) => TemplateFilters.TryReal(text, out number);
}

using System.Globalization;

namespace ModelZoo.Evaluation.Tasks;

/// <summary>Values as files hold them: text, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, null, lists, mappings.</summary>
static class PlainValues
{
    /// <summary>As Python's <c>str()</c> writes it: what a template shows.</summary>
    public static string Word(object? value) => value switch
    {
        null => "None",
        string text => text,
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        int number => number.ToString(CultureInfo.InvariantCulture),
        double number => Inference.Templates.PythonText.Of(number),
        _ => Inference.Templates.PythonText.Of(value),
    };
}

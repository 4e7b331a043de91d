using System.Text;

namespace ModelZoo.Hub.Kernel;

/// <summary>What counts as a word, both where texts are indexed and where they are searched.</summary>
static class Words
{
    const int MaxLength = 40;

    /// <summary>Runs of letters and digits, lower case, 2 to 40 characters.</summary>
    public static IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c)) { word.Append(char.ToLowerInvariant(c)); continue; }
            if (word.Length is >= 2 and <= MaxLength) yield return word.ToString();
            word.Clear();
        }
        if (word.Length is >= 2 and <= MaxLength) yield return word.ToString();
    }
}

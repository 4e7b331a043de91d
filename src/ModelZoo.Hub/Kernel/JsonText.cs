using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace ModelZoo.Hub.Kernel;

/// <summary>
/// Texts inside JSON. The parser accepts such that are not Unicode (stray bytes, half a surrogate pair) and fails only where
/// they are read, so whoever reads JSON of strangers asks here first.
/// </summary>
static class JsonText
{
    /// <param name="json">Valid JSON.</param>
    public static bool IsUnicode(ReadOnlySpan<byte> json, int maxDepth)
    {
        if (!Utf8.IsValid(json)) return false;
        if (json.IndexOf("\\u"u8) < 0) return true;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) _ = reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return false;
        }
        return true;
    }

    /// <summary>The text as both databases can keep it: PostgreSQL has no NUL, and neither has half a surrogate pair.</summary>
    public static string Storable(string text)
    {
        if (!text.Contains('\0') && !text.Any(char.IsSurrogate)) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) clean.Append(rune.Value == 0 ? Rune.ReplacementChar.ToString() : rune.ToString());
        return clean.ToString();
    }
}

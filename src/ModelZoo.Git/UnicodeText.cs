using System.Text;
using System.Text.Unicode;

namespace ModelZoo.Git;

/// <summary>Between git's bytes, which only mostly are UTF-8, and strings.</summary>
static class UnicodeText
{
    /// <summary>UTF-8 when it is; otherwise Latin-1, which every byte sequence is and which old commits mostly are.</summary>
    public static string Decode(ReadOnlySpan<byte> text) => Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text);

    public static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }
        return false;
    }
}

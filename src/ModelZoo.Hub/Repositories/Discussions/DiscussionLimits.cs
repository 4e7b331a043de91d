using System.Text;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>How much of a discussion there may be. Whoever reads one loads all of it, as the clients do.</summary>
static class DiscussionLimits
{
    /// <summary>As on Hugging Face (huggingface_hub, create_discussion: 3 to 200 characters).</summary>
    public const int ShortestTitle = 3;

    public const int LongestTitle = 200;

    public const int LongestComment = 64 * 1024;

    public const int MostEvents = 2_000;

    public const int MostVersions = 50;

    /// <summary>Characters of all comments of a thread, with their earlier versions.</summary>
    public const long LongestThread = 4L * 1024 * 1024;

    /// <summary>How many open threads of one account a repository has room for, unless the account writes to it.</summary>
    public const int MostOpenOfOne = 100;

    /// <exception cref="Refusal">Too short or too long.</exception>
    public static string Title(string? text)
    {
        var title = OneLine(text ?? "");
        if (title.Length < ShortestTitle) throw Refusal.Invalid($"\"title\" must have at least {ShortestTitle} characters.");
        if (title.Length > LongestTitle) throw Refusal.Invalid($"\"title\" may have at most {LongestTitle} characters.");
        return title;
    }

    /// <summary>A commit's summary as a title, which may have been meant for something longer or shorter.</summary>
    public static string TitleOf(string summary)
    {
        var title = OneLine(summary);
        if (title.Length <= LongestTitle) return title.Length > 0 ? title : "Untitled";
        var end = char.IsHighSurrogate(title[LongestTitle - 2]) ? LongestTitle - 2 : LongestTitle - 1;
        return title[..end] + "…";
    }

    /// <exception cref="Refusal">Too long, or empty where it must not be.</exception>
    public static string Comment(string? text, string field, bool mayBeEmpty = false)
    {
        var content = (text ?? "").Trim().ReplaceLineEndings("\n");
        if (content.Length == 0 && !mayBeEmpty) throw Refusal.Invalid($"\"{field}\" must not be empty.");
        if (content.Length > LongestComment) throw new Refusal(RefusalKind.TooLarge, $"\"{field}\" may have at most {LongestComment} characters.");
        return content;
    }

    static string OneLine(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var c in text) line.Append(char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c);
        return line.ToString().Trim();
    }
}

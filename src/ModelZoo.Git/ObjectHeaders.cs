using System.Text;

namespace ModelZoo.Git;

/// <summary>The "key value" lines before the message of a commit or tag; a line that begins with a blank continues the one before.</summary>
static class ObjectHeaders
{
    /// <summary>Calls back once a line that is not a continuation, and returns the message.</summary>
    public static string Read(ReadOnlySpan<byte> content, Action<string, string> onHeader)
    {
        while (!content.IsEmpty)
        {
            var end = content.IndexOf((byte)'\n');
            if (end == 0) return UnicodeText.Decode(content[1..]);
            if (end < 0) throw new FormatException("A header line of the object is truncated.");
            var line = content[..end];
            content = content[(end + 1)..];
            if (line[0] == (byte)' ') continue;
            var space = line.IndexOf((byte)' ');
            if (space < 0) onHeader(UnicodeText.Decode(line), "");
            else onHeader(UnicodeText.Decode(line[..space]), UnicodeText.Decode(line[(space + 1)..]));
        }
        return "";
    }

    /// <summary>Git refuses NULs in messages; a string may hold them, so they are dropped.</summary>
    public static byte[] Write(StringBuilder headers, string message) =>
        Encoding.UTF8.GetBytes(headers.Append('\n').Append(message.Replace("\0", "", StringComparison.Ordinal)).ToString());
}

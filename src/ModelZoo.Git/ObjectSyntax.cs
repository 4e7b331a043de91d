using System.Text;
using System.Text.Unicode;

namespace ModelZoo.Git;

/// <summary>
/// The strict form of objects, as git fsck --strict wants it: what clones of others will check. <see cref="Commit.Parse"/> and its
/// like read more than this, because history must stay readable; what comes in anew must be clean.
/// </summary>
public static class ObjectSyntax
{
    /// <exception cref="FormatException">What git fsck would complain about.</exception>
    public static void CheckCommit(ReadOnlySpan<byte> content)
    {
        var rest = content;
        CheckId(Line(ref rest, "tree "u8, "The commit does not begin with its tree."), "tree");
        while (rest.StartsWith("parent "u8)) CheckId(Line(ref rest, "parent "u8, ""), "parent");
        CheckSignature(Line(ref rest, "author "u8, "The commit has no author where it should be."), "author");
        CheckSignature(Line(ref rest, "committer "u8, "The commit has no committer where it should be."), "committer");
        CheckRest(rest, "commit");
    }

    /// <exception cref="FormatException">What git fsck would complain about.</exception>
    public static void CheckTag(ReadOnlySpan<byte> content)
    {
        var rest = content;
        CheckId(Line(ref rest, "object "u8, "The tag does not begin with its object."), "object");
        var type = Line(ref rest, "type "u8, "The tag has no type where it should be.");
        if (!ObjectTypes.TryParse(Encoding.Latin1.GetString(type), out _)) throw new FormatException("The tag's type is none.");
        var name = Encoding.UTF8.GetString(Line(ref rest, "tag "u8, "The tag has no name where it should be."));
        if (!ReferenceName.TryParse("refs/tags/" + name, out _)) throw new FormatException("The tag's name is not one that a reference could have.");
        CheckSignature(Line(ref rest, "tagger "u8, "The tag has no tagger where it should be."), "tagger");
        CheckRest(rest, "tag");
    }

    /// <summary>Also refuses the mode 100664, which <see cref="Tree.Parse"/> reads, and a name that no <see cref="RepoPath"/> can hold.</summary>
    /// <exception cref="FormatException">What git fsck would complain about.</exception>
    public static Tree CheckTree(ReadOnlySpan<byte> content)
    {
        var tree = Tree.Parse(content);
        if (tree.Entries.Any(entry => entry.Mode == EntryMode.File) && !content.SequenceEqual(tree.Encode())) throw new FormatException("The tree has a mode that git no longer writes.");
        foreach (var entry in tree.Entries)
        {
            if (!RepoPath.TryParse(entry.Name, out _, out var problem)) throw new FormatException($"'{Printable(entry.Name)}': {problem}");
            if (entry.Id.Hex.AsSpan().IndexOfAnyExcept('0') < 0) throw new FormatException($"'{entry.Name}' refers to nothing.");
            if (entry.Name.Equals(".gitmodules", StringComparison.OrdinalIgnoreCase) && entry.Mode is not (EntryMode.File or EntryMode.Executable))
                throw new FormatException(".gitmodules must be a plain file.");
        }
        return tree;
    }

    static ReadOnlySpan<byte> Line(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> key, string problem)
    {
        var end = rest.StartsWith(key) ? rest.IndexOf((byte)'\n') : -1;
        if (end < 0) throw new FormatException(problem);
        var value = rest[key.Length..end];
        rest = rest[(end + 1)..];
        return value;
    }

    static void CheckId(ReadOnlySpan<byte> hex, string what)
    {
        if (!ObjectId.TryParse(Encoding.Latin1.GetString(hex), out _)) throw new FormatException($"The {what} is not an object id.");
    }

    /// <summary>"name &lt;email&gt; seconds offset", as git's fsck.c reads it.</summary>
    static void CheckSignature(ReadOnlySpan<byte> text, string who)
    {
        var open = text.IndexOf((byte)'<');
        if (text.Contains((byte)0)) throw new FormatException($"The {who} has a NUL in it.");
        if (open < 0 || text[..open].Contains((byte)'>')) throw new FormatException($"The {who} has no e-mail.");
        if (open == 0 || text[open - 1] != ' ') throw new FormatException($"The {who} has no name, or no blank before the e-mail.");
        var rest = text[(open + 1)..];
        var close = rest.IndexOfAny((byte)'>', (byte)'<');
        if (close < 0 || rest[close] != '>') throw new FormatException($"The {who}'s e-mail does not end.");
        rest = rest[(close + 1)..];
        if (rest.IsEmpty || rest[0] != ' ') throw new FormatException($"The {who} has no date.");
        rest = rest[1..];
        var digits = rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits <= 0 || rest[digits] != ' ' || digits > 18 || (rest[0] == '0' && digits > 1)) throw new FormatException($"The {who}'s date is not a count of seconds.");
        var zone = rest[(digits + 1)..];
        if (zone.Length != 5 || zone[0] is not ((byte)'+' or (byte)'-') || zone[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) throw new FormatException($"The {who}'s time zone is none.");
    }

    /// <summary>Further headers, and then a blank line and the message, which may be left out.</summary>
    static void CheckRest(ReadOnlySpan<byte> rest, string what)
    {
        while (!rest.IsEmpty && rest[0] != '\n')
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0) throw new FormatException($"A header line of the {what} does not end.");
            if (rest[..end].Contains((byte)0)) throw new FormatException($"The {what} has a NUL in a header.");
            rest = rest[(end + 1)..];
        }
        if (rest.Contains((byte)0)) throw new FormatException($"The message of the {what} has a NUL in it.");
    }

    static string Printable(string name)
    {
        var shown = name.Length > 100 ? name[..100] + "…" : name;
        return Utf8.IsValid(Encoding.UTF8.GetBytes(shown)) ? string.Concat(shown.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : "?";
    }
}

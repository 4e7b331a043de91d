using System.Text;
using System.Text.Unicode;

namespace ModelZoo.Git;

/// <summary>A folder as git stores it: entries in git's order, no name twice.</summary>
public sealed class Tree
{
    /// <summary>"100644 ", a name of at least one byte, NUL, 20 bytes of hash; folders have one digit less.</summary>
    const int SmallestEntryBytes = 6 + 1 + 1 + 20;

    public static readonly Tree Empty = new([]);

    readonly TreeEntry[] _entries;
    ObjectId? _id;

    Tree(TreeEntry[] entries) => _entries = entries;

    /// <summary>In git's order: by UTF-8 bytes, folders as if their name ended in '/'.</summary>
    public IReadOnlyList<TreeEntry> Entries => _entries;

    public ObjectId Id => _id ??= GitHash.Of(ObjectType.Tree, Encode());

    public TreeEntry? Find(string name) => Find(name, isFolder: false) ?? Find(name, isFolder: true);

    /// <exception cref="FormatException">Truncated, unsorted, a name twice, empty or not UTF-8, or a mode git does not write.</exception>
    public static Tree Parse(ReadOnlySpan<byte> content)
    {
        var entries = new List<TreeEntry>(Math.Min(content.Length / SmallestEntryBytes, 1024));
        while (!content.IsEmpty)
        {
            var entry = ParseEntry(ref content);
            if (entries.Count > 0 && TreeEntry.Compare(entries[^1], entry) >= 0)
                throw new FormatException($"The tree is not sorted, or has a name twice: '{entry.Name}' follows '{entries[^1].Name}'.");
            entries.Add(entry);
        }
        var tree = new Tree([.. entries]);
        tree.RefuseNamesThatAreFileAndFolder(problem => new FormatException(problem));
        return tree;
    }

    /// <summary>Sorts the entries.</summary>
    /// <exception cref="ArgumentException">A name twice, or a name that no tree can hold.</exception>
    public static Tree Of(IEnumerable<TreeEntry> entries)
    {
        var sorted = entries.ToArray();
        foreach (var entry in sorted)
        {
            if (entry.Name.Length == 0 || entry.Name.AsSpan().IndexOfAny('/', '\0') >= 0 || UnicodeText.HasLoneSurrogate(entry.Name))
                throw new ArgumentException($"'{entry.Name}' cannot be the name of a tree entry.", nameof(entries));
        }
        Array.Sort(sorted, TreeEntry.Compare);
        for (var i = 1; i < sorted.Length; i++)
            if (TreeEntry.Compare(sorted[i - 1], sorted[i]) == 0) throw new ArgumentException($"A tree cannot hold '{sorted[i].Name}' twice.", nameof(entries));
        var tree = new Tree(sorted);
        tree.RefuseNamesThatAreFileAndFolder(problem => new ArgumentException(problem, nameof(entries)));
        return tree;
    }

    /// <summary>For entries that are known to be sorted and distinct.</summary>
    internal static Tree FromSorted(TreeEntry[] entries) => entries.Length == 0 ? Empty : new(entries);

    public byte[] Encode()
    {
        var length = 0;
        foreach (var entry in _entries) length = checked(length + entry.Mode.ToOctal().Length + 1 + Encoding.UTF8.GetByteCount(entry.Name) + 1 + 20);
        var content = new byte[length];
        var rest = content.AsSpan();
        foreach (var entry in _entries)
        {
            rest = rest[Encoding.ASCII.GetBytes(entry.Mode.ToOctal(), rest)..];
            rest[0] = (byte)' ';
            rest = rest[1..];
            rest = rest[(Encoding.UTF8.GetBytes(entry.Name, rest) + 1)..];
            Convert.FromHexString(entry.Id.Hex, rest, out _, out var written);
            rest = rest[written..];
        }
        return content;
    }

    static TreeEntry ParseEntry(ref ReadOnlySpan<byte> content)
    {
        var space = content[..Math.Min(content.Length, 7)].IndexOf((byte)' ');
        if (space < 0) throw new FormatException("A tree entry has no mode.");
        var mode = EntryModes.Parse(Encoding.Latin1.GetString(content[..space]));
        content = content[(space + 1)..];
        var end = content.IndexOf((byte)0);
        if (end < 0 || content.Length < end + 21) throw new FormatException("The tree is truncated.");
        var name = content[..end];
        if (name.IsEmpty) throw new FormatException("A tree entry has an empty name.");
        if (name.Contains((byte)'/')) throw new FormatException("The name of a tree entry contains '/'.");
        if (!Utf8.IsValid(name)) throw new FormatException("The name of a tree entry is not UTF-8.");
        var entry = new TreeEntry(Encoding.UTF8.GetString(name), mode, ObjectId.FromHash(content.Slice(end + 1, 20)));
        content = content[(end + 21)..];
        return entry;
    }

    /// <summary>The file "a" and the folder "a" are not neighbours when "a.b" stands between them, so the order alone does not show them.</summary>
    void RefuseNamesThatAreFileAndFolder(Func<string, Exception> refusal)
    {
        foreach (var entry in _entries)
            if (entry.IsFolder && Find(entry.Name, isFolder: false) is not null) throw refusal($"The tree has '{entry.Name}' twice, as a file and as a folder.");
    }

    TreeEntry? Find(string name, bool isFolder)
    {
        for (int low = 0, high = _entries.Length - 1; low <= high;)
        {
            var middle = (low + high) >>> 1;
            var order = TreeEntry.Compare(_entries[middle].Name, _entries[middle].IsFolder, name, isFolder);
            if (order == 0) return _entries[middle];
            if (order < 0) low = middle + 1; else high = middle - 1;
        }
        return null;
    }
}

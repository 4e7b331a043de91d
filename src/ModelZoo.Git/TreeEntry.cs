namespace ModelZoo.Git;

/// <summary>One named thing in a folder.</summary>
public sealed record TreeEntry(string Name, EntryMode Mode, ObjectId Id)
{
    public bool IsFolder => Mode == EntryMode.Folder;

    /// <summary>
    /// Git's order of tree entries: UTF-8 bytes, a folder compared as if its name ended in '/'. So "a.b" stands before the
    /// folder "a" and after the file "a".
    /// </summary>
    internal static int Compare(ReadOnlySpan<char> a, bool aIsFolder, ReadOnlySpan<char> b, bool bIsFolder)
    {
        var same = a.CommonPrefixLength(b);
        return Rank(a, same, aIsFolder) - Rank(b, same, bIsFolder);
    }

    internal static int Compare(TreeEntry a, TreeEntry b) => Compare(a.Name, a.IsFolder, b.Name, b.IsFolder);

    /// <summary>A UTF-16 unit ranked so that units compare as the UTF-8 bytes of their text would: surrogates last.</summary>
    static int Rank(ReadOnlySpan<char> name, int at, bool isFolder)
    {
        if (at == name.Length) return isFolder ? '/' : 0;
        var unit = name[at];
        return unit < 0xD800 ? unit : unit >= 0xE000 ? unit - 0x800 : unit + 0x2000;
    }
}

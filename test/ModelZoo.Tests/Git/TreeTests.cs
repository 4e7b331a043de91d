using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class TreeTests
{
    static readonly ObjectId Some = GitHash.Of(ObjectType.Blob, [1]);

    static byte[] Raw(params (string Mode, string Name)[] entries) =>
        [.. entries.SelectMany(entry => Encoding.UTF8.GetBytes($"{entry.Mode} {entry.Name}\0").Concat(Some.ToHash()))];

    [Fact]
    public void Folders_sort_as_if_their_name_ended_in_a_slash()
    {
        var tree = Tree.Of([new("a", EntryMode.Folder, Some), new("a.b", EntryMode.File, Some), new("a0", EntryMode.File, Some), new("a-", EntryMode.File, Some)]);
        Assert.Equal(["a-", "a.b", "a", "a0"], tree.Entries.Select(entry => entry.Name));
        Assert.Equal(EntryMode.Folder, tree.Find("a")!.Mode);
        Assert.Null(tree.Find("b"));
    }

    [Fact]
    public void Names_sort_by_their_bytes_and_not_by_their_UTF_16_units()
    {
        var names = Tree.Of(new[] { "😀", "\uE000", "\uFFFD", "z", "é" }.Select(name => new TreeEntry(name, EntryMode.File, Some))).Entries.Select(entry => entry.Name).ToArray();
        Assert.Equal(["z", "é", "\uE000", "\uFFFD", "😀"], names);
    }

    [Fact]
    public void What_is_encoded_parses_back_the_same() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), names =>
    {
        var entries = names.Where(name => name is { Length: > 0 } && RepoPath.TryParse(name, out _) && !name.Contains('/')).Distinct()
            .Select((name, i) => new TreeEntry(name, (EntryMode)(i % 5), Some)).ToArray();
        var tree = Tree.Of(entries);
        var parsed = Tree.Parse(tree.Encode());
        return parsed.Entries.SequenceEqual(tree.Entries) && parsed.Id == tree.Id && entries.All(entry => parsed.Find(entry.Name) == entry);
    }));

    [Fact]
    public void Malformed_trees_are_refused()
    {
        byte[][] hostile =
        [
            Raw(("100644", "b"), ("100644", "a")), Raw(("100644", "a"), ("100644", "a")), Raw(("40000", "a"), ("40000", "a")),
            Raw(("100644", "a"), ("40000", "a")), Raw(("100644", "a"), ("100644", "a.b"), ("40000", "a")), Raw(("40000", "a"), ("100644", "a.b")),
            Raw(("100644", "")), Raw(("100644", "a/b")), Raw(("040000", "a")), Raw(("644", "a")), Raw(("", "a")), Raw(("100600", "a")), Raw(("1006440000000", "a")),
            [.. "100644 "u8, 0xFF, 0, .. Some.ToHash()], [.. "100644 "u8, 0xED, 0xA0, 0x80, 0, .. Some.ToHash()], new byte[100], "100644"u8.ToArray(),
        ];
        foreach (var content in hostile) Assert.Throws<FormatException>(() => Tree.Parse(content));
        var good = Raw(("100644", "a"), ("40000", "b"));
        int[] whole = [0, "100644 a".Length + 21, good.Length];
        for (var length = 0; length < good.Length; length++)
            if (!whole.Contains(length)) Assert.Throws<FormatException>(() => Tree.Parse(good.AsSpan(0, length)));
    }

    [Fact]
    public void Random_bytes_never_break_the_parsers()
    {
        var random = new Random(7);
        var seeds = new[] { Raw(("100644", "a"), ("40000", "b")), "tree \nparent "u8.ToArray(), "object \ntagger <> "u8.ToArray() };
        for (var i = 0; i < 3000; i++)
        {
            var bytes = seeds[i % 3].ToArray();
            for (var n = random.Next(4); n >= 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try { Tree.Parse(bytes); } catch (FormatException) { }
            try { Commit.Parse(bytes); } catch (FormatException) { }
            try { Tag.Parse(bytes); } catch (FormatException) { }
            Assert.False(LfsPointer.TryParse(bytes, out _));
        }
    }

    [Fact]
    public void Names_that_no_tree_can_hold_are_refused()
    {
        foreach (var name in new[] { "", "a/b", "a\0", "\ud800" })
            Assert.Throws<ArgumentException>(() => Tree.Of([new(name, EntryMode.File, Some)]));
        Assert.Throws<ArgumentException>(() => Tree.Of([new("a", EntryMode.File, Some), new("a", EntryMode.Folder, Some), new("a.b", EntryMode.File, Some)]));
    }

    [Fact]
    public void Group_writable_files_of_early_git_are_plain_files() => Assert.Equal(EntryMode.File, Tree.Parse(Raw(("100664", "a"))).Entries[0].Mode);
}

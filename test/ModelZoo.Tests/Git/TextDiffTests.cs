using System.Text;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class TextDiffTests
{
    static string Edit(Random random, string text)
    {
        var lines = text.Length == 0 ? [] : text.Split('\n').ToList();
        for (var n = random.Next(8); n >= 0; n--)
        {
            var at = random.Next(lines.Count + 1);
            if (random.Next(2) == 0 && at < lines.Count) lines.RemoveAt(at);
            else lines.Insert(at, Line(random));
        }
        return string.Join('\n', lines) + (random.Next(3) == 0 ? "" : "\n");
    }

    static string Line(Random random) => random.Next(10) switch { 0 => "", 1 => "  é", 2 => "--- x", 3 => "@@", 4 => "\\ x", 5 => "w\r", var n => $"line {n}" };

    [Fact]
    public void Patches_of_random_edits_are_applied_by_git()
    {
        using var git = new GitBinary();
        var patch = new StringBuilder();
        var expected = new Dictionary<string, string?>();
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var before = string.Join('\n', Enumerable.Range(0, random.Next(40)).Select(_ => Line(random)));
            var after = Edit(random, before);
            var path = seed % 5 == 0 ? $"dir é/file \"{seed}\"" : $"file {seed}";
            var (from, to) = (seed % 20) switch { 7 => (null, path), 8 => (path, null), _ => ((string?)path, (string?)path) };
            if (from is null) before = "";
            else git.Write(path, before);
            if (to is null) after = "";
            expected[path] = to is null ? null : after;
            patch.Append(TextDiff.Unified(from, to, before, after, random.Next(1, 5)));
        }
        git.RunWith(patch.ToString(), null, "apply", "--whitespace=nowarn", "-");
        foreach (var (path, after) in expected)
        {
            var target = Path.Combine(git.Folder, path);
            Assert.Equal(after, File.Exists(target) ? File.ReadAllText(target) : null);
        }
    }

    [Fact]
    public void Simple_changes_read_as_git_prints_them()
    {
        using var git = new GitBinary();
        var lines = Enumerable.Range(1, 60).Select(i => i % 10 == 0 ? $"section {i}  " : $"  {i}").ToArray();
        string Text(params (int At, string? Line)[] edits) => string.Concat(lines.Select((line, i) => edits.FirstOrDefault(edit => edit.At == i + 1) is { At: > 0 } edit ? edit.Line : line + "\n"));
        (string?, string?)[] cases =
        [
            (Text(), Text((5, "five\n"))), (Text(), Text((1, null))), (Text(), Text((60, "end"))), (Text(), Text((20, "x\n"), (27, "y\n"), (35, null), (55, "p\nq\n"))), ("", "a\n"), ("a", ""), ("a\n", "a"),
            (null, "new\nfile"), ("old\nfile\n", null), (null, ""), ("", null), ("a\nb\n", "c\n"),
        ];
        for (var i = 0; i < cases.Length; i++)
        {
            var (before, after) = cases[i];
            var path = i % 2 == 0 ? $"f{i}" : $"d {i}/é";
            git.Run("read-tree", "--empty");
            if (before is not null) { git.Write(path, before); git.Run("add", "--", path); }
            var old = git.Run("write-tree").Trim();
            git.Run("read-tree", "--empty");
            if (after is not null) { git.Write(path, after); git.Run("add", "--", path); }
            var printed = git.Run("diff", "--no-renames", "--no-indent-heuristic", old, git.Run("write-tree").Trim());
            Assert.Equal(printed, TextDiff.Unified(before is null ? null : path, after is null ? null : path, before ?? "", after ?? ""));
        }
    }

    [Fact]
    public void Binary_files_only_differ()
    {
        Assert.Equal($"diff --git a/x b/x\nindex {GitHash.Of(ObjectType.Blob, [0]).Hex[..7]}..{GitHash.Of(ObjectType.Blob, [1]).Hex[..7]} 100644\nBinary files a/x and b/x differ\n", TextDiff.Unified("x", "x", [0], [1]));
        Assert.EndsWith("Binary files /dev/null and b/x differ\n", TextDiff.Unified(null, "x", [], [0xFF]));
        Assert.Equal("", TextDiff.Unified("x", "x", "same", "same"));
        Assert.Contains("rename from x\nrename to y\n", TextDiff.Unified("x", "y", "same", "same"));
        Assert.Throws<ArgumentException>(() => TextDiff.Unified(null, null, "a", "b"));
    }

    [Fact]
    public void Hunks_number_their_lines()
    {
        var hunk = Assert.Single(TextDiff.Hunks("a\nb\nc\n", "a\nB\nc", 1));
        Assert.Equal("@@ -1,3 +1,3 @@", hunk.Header);
        DiffLine[] expected = [new(DiffLineKind.Context, 1, 1, "a", false), new(DiffLineKind.Removed, 2, null, "b", false), new(DiffLineKind.Removed, 3, null, "c", false), new(DiffLineKind.Added, null, 2, "B", false), new(DiffLineKind.Added, null, 3, "c", true)];
        Assert.Equal(expected, hunk.Lines);
        Assert.Equal(["@@ -0,0 +1 @@"], TextDiff.Hunks("", "a\n").Select(found => found.Header));
        Assert.Equal(2, TextDiff.Hunks("1\n2\n3\n4\n5\n", "x\n2\n3\n4\ny\n", 1).Count);
        Assert.Single(TextDiff.Hunks("1\n2\n3\n4\n5\n", "x\n2\n3\n4\ny\n", int.MaxValue));
    }

    [Fact]
    public void Texts_with_little_in_common_are_replaced_whole_in_bounded_time()
    {
        var random = new Random(3);
        string Noise() => string.Concat(Enumerable.Range(0, 50_000).Select(_ => $"{random.Next(20)}\n"));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var hunk = Assert.Single(TextDiff.Hunks("same\n" + Noise(), "same\n" + Noise()));
        Assert.Equal(DiffLineKind.Context, hunk.Lines[0].Kind);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }
}

using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class RepoPathTests
{
    [Fact]
    public void Hostile_paths_are_refused_with_a_reason()
    {
        string[] hostile =
        [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/../b", "./a", "a/.", "a\0b", "a\nb", "a\u007f", "..\\a", "a\\..\\b", "\ud800", "a\udc00", "\udc00\ud800", "a/\ud800/b", "a\u202eb", "a\u2066",
            ".git", ".GIT", ".Git/config", "a/.git", "a/.giT/b", ".git.", ".git ", ".git. . .", ".git" + new string(' ', 60), ".git" + new string('.', 200), "git~1", "GIT~1", "git~1 .", "GIT~1::$INDEX_ALLOCATION",
            ".git:", ".git::$INDEX_ALLOCATION", ".git ::$INDEX_ALLOCATION", ".git...:x", ".git\\config", ".git \\x", "a\\.git", "a\\.GIT\\hooks", ".g\u200cit", "\ufeff.git", ".git\u200d", ".\u206ag\u206bi\u206ct\u206d",
            new string('a', 256), new string('é', 128), string.Join('/', Enumerable.Repeat("a", 129)), string.Join('/', Enumerable.Repeat("a", 10_000)), string.Concat(Enumerable.Repeat("../", 2000)), new string('/', 5000),
            string.Join('/', Enumerable.Repeat(new string('a', 200), 21)),
        ];
        foreach (var text in hostile)
        {
            Assert.False(RepoPath.TryParse(text, out _, out var problem), text);
            Assert.EndsWith(".", problem);
            Assert.Throws<FormatException>(() => RepoPath.Parse(text));
        }
        Assert.False(RepoPath.TryParse(null, out _));
    }

    [Fact]
    public void Ordinary_paths_are_accepted()
    {
        string[] fine =
        [
            "a", "README.md", ".gitattributes", ".gitignore", ".github/x", "a/.gitkeep", "git", "git~2", ".gitx", "x.git", ".git~1", "...", "a..b", "日本/😀", "a b", "é", "e\u0301", "a\\b", "C:", "-x", "~", "\"", "*?[",
            new string('a', 255), string.Join('/', Enumerable.Repeat("a", 128)), ". git", ".gi t", "model.git.bin",
        ];
        foreach (var text in fine) Assert.Equal(text, RepoPath.Parse(text).Value);
        Assert.Equal(("c", "a/b", "a/b/c/d"), (RepoPath.Parse("a/b/c").Name, RepoPath.Parse("a/b/c").Parent!.Value, RepoPath.Parse("a/b/c").Append("d").Value));
        Assert.Null(RepoPath.Parse("a").Parent);
        Assert.Throws<FormatException>(() => RepoPath.Parse("a").Append(".."));
    }

    [Fact]
    public void Whatever_is_accepted_stays_inside_the_repository() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Gen.ArrayOf(Gen.Elements("a", ".", "..", "/", "\\", "git", ".git", "~1", " ", ":", "\0", "\u200c", "é", "\ud800")).ToArbitrary(), parts =>
    {
        var text = string.Concat(parts);
        if (!RepoPath.TryParse(text, out var path)) return true;
        return Path.GetFullPath("/root/" + path.Value).StartsWith("/root/", StringComparison.Ordinal) && path.Segments.All(segment => segment.Replace("\u200c", "").ToLowerInvariant().TrimEnd(' ', '.') != ".git");
    }));
}

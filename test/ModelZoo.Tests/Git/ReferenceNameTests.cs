using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class ReferenceNameTests
{
    static readonly string[] Names =
    [
        "refs/heads/main", "refs/heads/feature/x", "refs/tags/v1.0", "refs/pr/1", "refs/heads/ü", "refs/heads/😀", "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a.lockb", "refs/heads/.a",
        "refs/heads/a/.b", "refs/heads/a.", "refs/heads/a./b", "refs/heads/a..b", "refs/heads/a b", "refs/heads/a~", "refs/heads/a^b", "refs/heads/a:b", "refs/heads/a?", "refs/heads/a*", "refs/heads/a[b",
        "refs/heads/a]b", "refs/heads/a\\b", "refs/heads/@", "refs/heads/a@{b", "refs/heads/a@b", "refs/heads/{", "refs/heads//a", "refs/heads/a/", "refs/heads/", "refs/heads/-a", "refs/heads/\u0001", "refs/heads/\u007f",
        "refs/heads/HEAD", "refs/heads/a\"b", "refs/heads/a'b$(x)`", "refs/heads/\u0085",
    ];

    [Fact]
    public void Names_are_judged_as_by_git_check_ref_format()
    {
        using var git = new GitBinary();
        foreach (var name in Names) Assert.True(ReferenceName.TryParse(name, out _) == (git.Try("", null, "check-ref-format", name).Code == 0), name);
    }

    [Fact]
    public void Branches_and_tags_have_short_names()
    {
        Assert.Equal(("main", true, false), (ReferenceName.Branch("main").ShortName, ReferenceName.Branch("main").IsBranch, ReferenceName.Branch("main").IsTag));
        Assert.Equal(("v1", "refs/tags/v1"), (ReferenceName.Tag("v1").ShortName, ReferenceName.Tag("v1").Value));
        Assert.Equal("refs/pr/1", ReferenceName.Parse("refs/pr/1").ShortName);
        foreach (var bad in new[] { null, "", "HEAD", "-x", "a..b", "\ud800", new string('a', 2000), "a\nb" })
        {
            Assert.False(ReferenceName.TryBranch(bad, out _));
            Assert.False(ReferenceName.TryTag(bad, out _));
        }
        foreach (var bad in new[] { null, "", "HEAD", "main", "refs", "refs/", "heads/main", "REFS/heads/main" }) Assert.False(ReferenceName.TryParse(bad, out _));
        Assert.Throws<FormatException>(() => ReferenceName.Branch("a b"));
    }
}

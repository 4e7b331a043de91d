using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class GitIgnoreTests
{
    static void Compare(GitBinary git, string text, IReadOnlyCollection<string> paths)
    {
        File.WriteAllText(Path.Combine(git.Folder, ".gitignore"), text);
        var output = git.Try(string.Concat(paths.Select(path => path + "\0")), null, "check-ignore", "--no-index", "-z", "--stdin");
        Assert.True(output.Code <= 1, output.Errors);
        var expected = output.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        var ignore = GitIgnore.Parse(text);
        foreach (var path in paths)
            Assert.True(ignore.IsIgnored(RepoPath.Parse(path)) == expected.Contains(path), $"{path} is {(expected.Contains(path) ? "" : "not ")}ignored by git, with\n{text}");
    }

    [Fact]
    public void Random_rules_ignore_what_git_check_ignore_says()
    {
        using var git = new GitBinary();
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var lines = Enumerable.Range(0, 1 + random.Next(6)).Select(_ => (random.Next(3) == 0 ? "!" : "") + (random.Next(4) == 0 ? "/" : "") + RandomPatterns.Pattern(random) + (random.Next(8) == 0 ? "  \n" : "\n"));
            Compare(git, string.Concat(lines), [.. Enumerable.Range(0, 80).Select(_ => RandomPatterns.Path(random)).Distinct()]);
        }
    }

    [Fact]
    public void The_examples_of_the_manual_hold()
    {
        using var git = new GitBinary();
        string[] paths = ["foo", "a/foo", "foo/x", "a/foo/x", "doc/frotz/x", "a/doc/frotz/x", "doc/frotz", "x.html", "foo.html", "a/foo.html", "foo/bar", "foo/baz", "foo/bar/x", "a /x", "a ", "a", "#c", "!i", "a/b", "a/x/b", "a/x/y/b", "abc/d", "abc", "deep/abc/d", "k/keep", "k/other"];
        string[] texts =
        [
            "foo/\n", "doc/frotz/\n", "frotz/\n", "foo/*\n", "*.html\n!foo.html\n", "/*\n!/foo\n/foo/*\n!/foo/bar\n", "foo\n!foo/bar\n", "a \n", "a\\ \n", "a\\  \n", "\\#c\n", "#c\n", "\\!i\n", "!i\n", "a/**/b\n", "**/foo\n", "abc/**\n", "/abc\n",
            "**/foo/bar\n", "a****//\n", "**//\n", "a/**//\n", "a\r\n", "\n\n  \n/\n!\n!/\na", "\uFEFFa\n", "k/*\n!k/keep\n", "k/\n!k/keep\n", "**\n", "**/\n", "/**\n", "a\\\n", "\\\n", "foo**\n", "/foo**\n", "foo**/bar\n", "f**/x\n", "/foo*/x\n", "a /\n", "*\n!*/\n!*.html\n", "\t\na\t\n",
        ];
        foreach (var text in texts) Compare(git, text, paths);
    }
}

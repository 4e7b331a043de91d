using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class GitIgnoreTests
{
    /// <summary>Every text is the .gitignore of a folder of its own, so that one git answers for all.</summary>
    static void Compare(IReadOnlyList<(string Text, IReadOnlyCollection<string> Paths)> cases)
    {
        using var git = new GitBinary();
        for (var i = 0; i < cases.Count; i++) git.Write($"{i}/.gitignore", cases[i].Text);
        var output = git.Try(string.Concat(cases.SelectMany((one, i) => one.Paths.Select(path => $"{i}/{path}\0"))), null, "check-ignore", "--no-index", "-z", "--stdin");
        Assert.True(output.Code <= 1, output.Errors);
        var ignored = output.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        for (var i = 0; i < cases.Count; i++)
        {
            var ignore = GitIgnore.Parse(cases[i].Text);
            foreach (var path in cases[i].Paths)
            {
                var expected = ignored.Contains($"{i}/{path}");
                Assert.True(ignore.IsIgnored(RepoPath.Parse(path)) == expected, $"case {i}: {path} is {(expected ? "" : "not ")}ignored by git, with\n{cases[i].Text}");
            }
        }
    }

    [Fact]
    public void Random_rules_ignore_what_git_check_ignore_says()
    {
        Compare([.. Enumerable.Range(0, 400).Select(seed =>
        {
            var random = new Random(seed);
            var lines = Enumerable.Range(0, 1 + random.Next(6)).Select(_ => (random.Next(3) == 0 ? "!" : "") + (random.Next(4) == 0 ? "/" : "") + RandomPatterns.Pattern(random) + (random.Next(8) == 0 ? "  \n" : "\n"));
            return (string.Concat(lines), (IReadOnlyCollection<string>)[.. Enumerable.Range(0, 80).Select(_ => RandomPatterns.Path(random)).Distinct()]);
        })]);
    }

    [Fact]
    public void The_examples_of_the_manual_hold()
    {
        string[] paths = ["foo", "a/foo", "foo/x", "a/foo/x", "doc/frotz/x", "a/doc/frotz/x", "doc/frotz", "x.html", "foo.html", "a/foo.html", "foo/bar", "foo/baz", "foo/bar/x", "a /x", "a ", "a", "#c", "!i", "a/b", "a/x/b", "a/x/y/b", "abc/d", "abc", "deep/abc/d", "k/keep", "k/other"];
        string[] texts =
        [
            "foo/\n", "doc/frotz/\n", "frotz/\n", "foo/*\n", "*.html\n!foo.html\n", "/*\n!/foo\n/foo/*\n!/foo/bar\n", "foo\n!foo/bar\n", "a \n", "a\\ \n", "a\\  \n", "\\#c\n", "#c\n", "\\!i\n", "!i\n", "a/**/b\n", "**/foo\n", "abc/**\n", "/abc\n",
            "**/foo/bar\n", "a****//\n", "**//\n", "a/**//\n", "a\r\n", "\n\n  \n/\n!\n!/\na", "\uFEFFa\n", "k/*\n!k/keep\n", "k/\n!k/keep\n", "**\n", "**/\n", "/**\n", "a\\\n", "\\\n", "foo**\n", "/foo**\n", "foo**/bar\n", "f**/x\n", "/foo*/x\n", "a /\n", "*\n!*/\n!*.html\n", "\t\na\t\n",
        ];
        Compare([.. texts.Select(text => (text, (IReadOnlyCollection<string>)paths))]);
    }
}

using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class GitAttributesTests
{
    static readonly string[] States = ["filter=lfs", "filter=lfs", "filter=lfs diff=lfs -text", "-filter", "!filter", "filter", "filter=other", "text", "filter=lfs !filter", "-filter filter=lfs", "filter=lfs b@d", ""];

    /// <summary>Every text is the .gitattributes of a folder of its own, so that one git answers for all.</summary>
    static void Compare(IReadOnlyList<(string Text, IReadOnlyCollection<string> Paths)> cases)
    {
        using var git = new GitBinary();
        for (var i = 0; i < cases.Count; i++) git.Write($"{i}/.gitattributes", cases[i].Text);
        var fields = git.RunWith(string.Concat(cases.SelectMany((one, i) => one.Paths.Select(path => $"{i}/{path}\0"))), null, "check-attr", "-z", "--stdin", "filter").Split('\0');
        var values = Enumerable.Range(0, fields.Length / 3).ToDictionary(i => fields[i * 3], i => fields[i * 3 + 2]);
        for (var i = 0; i < cases.Count; i++)
        {
            var attributes = GitAttributes.Parse(cases[i].Text);
            foreach (var path in cases[i].Paths)
                Assert.True(attributes.IsLfs(RepoPath.Parse(path)) == (values[$"{i}/{path}"] == "lfs"), $"case {i}: {path} is {values[$"{i}/{path}"]} for git, with\n{cases[i].Text}");
        }
    }

    [Fact]
    public void Random_attributes_mean_what_git_check_attr_says()
    {
        Compare([.. Enumerable.Range(0, 400).Select(seed =>
        {
            var random = new Random(seed);
            var lines = Enumerable.Range(0, 1 + random.Next(5)).Select(_ => $"{RandomPatterns.Pattern(random)} {States[random.Next(States.Length)]}\n");
            return (string.Concat(lines), (IReadOnlyCollection<string>)[.. Enumerable.Range(0, 80).Select(_ => RandomPatterns.Path(random)).Distinct()]);
        })]);
    }

    [Fact]
    public void Quotes_blanks_comments_and_other_lines_mean_what_they_mean_to_git()
    {
        string[] paths = ["a b", "é", "#x", "x", "!x", "big", "small", "d/big", "a", "q\"q", "b\\c"];
        string[] texts =
        [
            "\"a b\" filter=lfs\n", "\"a\\tb\" filter=lfs\n\"\\303\\251\" filter=lfs\n", "#x filter=lfs\n", "\\#x filter=lfs\n", "!x filter=lfs\n", "\\!x filter=lfs\n", "  x\tfilter=lfs\r\n", "\uFEFFx filter=lfs\n",
            "x filter=lfs", "*  filter=lfs\nbig -filter\n/big filter=lfs\n", "x filter=lfs\n" + new string('y', 3000) + "\nbig filter=lfs\n", "x -=lfs filter=lfs\n", "x --filter\nbig filter=lfs=x\n", "\"unclosed filter=lfs\n",
            "\"q\\\"q\" filter=lfs\n", "b\\\\c filter=lfs\n", "x -filter=lfs\nbig !filter=lfs\n", "* filter=lfs\nx -filter=lfs\nbig !filter=lfs\n", "\"x\"filter=lfs\n", "*\\ filter=lfs\n", "x filter=LFS\n", "X filter=lfs\n",
            "* filter=lfs\nx !!filter\n", "* filter=lfs\nx -!filter\n", GitAttributes.DefaultForModels,
        ];
        Compare([.. texts.Select(text => (text, (IReadOnlyCollection<string>)paths))]);
    }

    [Fact]
    public void The_defaults_send_weights_to_LFS_and_leave_text_alone()
    {
        var models = GitAttributes.Parse(GitAttributes.DefaultForModels);
        var datasets = GitAttributes.Parse(GitAttributes.DefaultForDatasets);
        foreach (var path in new[] { "model.safetensors", "a/b/pytorch_model.bin", "x.gguf", "x.lfs.txt", "saved_model/a", "saved_model/a/b", "events.out.tfevents.123", "a.tar.zst" })
            Assert.True(models.IsLfs(RepoPath.Parse(path)) && datasets.IsLfs(RepoPath.Parse(path)), path);
        foreach (var path in new[] { "README.md", "config.json", "a/saved_model/x", "safetensors", "x.safetensors.index.json" })
            Assert.False(models.IsLfs(RepoPath.Parse(path)) || datasets.IsLfs(RepoPath.Parse(path)), path);
        Assert.False(models.IsLfs(RepoPath.Parse("cat.png")));
        Assert.True(datasets.IsLfs(RepoPath.Parse("cat.png")));
    }

    [Fact]
    public void Hostile_patterns_cost_little()
    {
        var path = RepoPath.Parse(string.Join('/', Enumerable.Repeat(new string('a', 200), 20)));
        var patterns = string.Concat(Enumerable.Repeat("a*", 300)) + "b";
        var text = string.Concat(Enumerable.Repeat($"{patterns} filter=lfs\n**/{patterns.Replace("a*a*a*", "**/a*")} filter=lfs\n", 20)) + string.Concat(Enumerable.Repeat("x y\n", 50_000));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.False(GitAttributes.Parse(text).IsLfs(path));
        Assert.False(GitIgnore.Parse(text.Replace(" filter=lfs", "")).IsIgnored(path));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.False(GitIgnore.Parse(string.Concat(Enumerable.Repeat("x\n", 10_000)) + "a\n").IsIgnored(RepoPath.Parse("a")));
    }
}

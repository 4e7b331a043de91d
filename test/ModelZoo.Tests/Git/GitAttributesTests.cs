using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class GitAttributesTests
{
    static readonly string[] States = ["filter=lfs", "filter=lfs", "filter=lfs diff=lfs -text", "-filter", "!filter", "filter", "filter=other", "text", "filter=lfs !filter", "-filter filter=lfs", "filter=lfs b@d", ""];

    static void Compare(GitBinary git, string text, IReadOnlyCollection<string> paths)
    {
        File.WriteAllText(Path.Combine(git.Folder, ".gitattributes"), text);
        var fields = git.RunWith(string.Concat(paths.Select(path => path + "\0")), null, "check-attr", "-z", "--stdin", "filter").Split('\0');
        var attributes = GitAttributes.Parse(text);
        for (var i = 0; i + 2 < fields.Length; i += 3)
            Assert.True(attributes.IsLfs(RepoPath.Parse(fields[i])) == (fields[i + 2] == "lfs"), $"{fields[i]} is {fields[i + 2]} for git, with\n{text}");
    }

    [Fact]
    public void Random_attributes_mean_what_git_check_attr_says()
    {
        using var git = new GitBinary();
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var lines = Enumerable.Range(0, 1 + random.Next(5)).Select(_ => $"{RandomPatterns.Pattern(random)} {States[random.Next(States.Length)]}\n");
            Compare(git, string.Concat(lines), [.. Enumerable.Range(0, 80).Select(_ => RandomPatterns.Path(random)).Distinct()]);
        }
    }

    [Fact]
    public void Quotes_blanks_comments_and_other_lines_mean_what_they_mean_to_git()
    {
        using var git = new GitBinary();
        string[] paths = ["a b", "é", "#x", "x", "!x", "big", "small", "d/big", "a", "q\"q", "b\\c"];
        string[] texts =
        [
            "\"a b\" filter=lfs\n", "\"a\\tb\" filter=lfs\n\"\\303\\251\" filter=lfs\n", "#x filter=lfs\n", "\\#x filter=lfs\n", "!x filter=lfs\n", "\\!x filter=lfs\n", "  x\tfilter=lfs\r\n", "\uFEFFx filter=lfs\n",
            "x filter=lfs", "*  filter=lfs\nbig -filter\n/big filter=lfs\n", "x filter=lfs\n" + new string('y', 3000) + "\nbig filter=lfs\n", "x -=lfs filter=lfs\n", "x --filter\nbig filter=lfs=x\n", "\"unclosed filter=lfs\n",
            "\"q\\\"q\" filter=lfs\n", "b\\\\c filter=lfs\n", "x -filter=lfs\nbig !filter=lfs\n", "* filter=lfs\nx -filter=lfs\nbig !filter=lfs\n", "\"x\"filter=lfs\n", "*\\ filter=lfs\n", "x filter=LFS\n", "X filter=lfs\n",
            "* filter=lfs\nx !!filter\n", "* filter=lfs\nx -!filter\n", GitAttributes.DefaultForModels,
        ];
        foreach (var text in texts) Compare(git, text, paths);
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

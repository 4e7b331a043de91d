using System.Runtime.CompilerServices;
using System.Text.Json;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Tests.Client;

public sealed class PathFilterTests
{
    sealed record Golden(string Pattern, string Text, bool Matches);

    /// <summary>fnmatch.json was written by Python 3.11's fnmatch.fnmatchcase over seeded random patterns and hand-picked ones.</summary>
    [Fact]
    public void Patterns_choose_what_pythons_fnmatch_chooses()
    {
        var cases = JsonSerializer.Deserialize<Golden[]>(File.ReadAllText(Path.Combine(Here(), "fnmatch.json")), JsonSerializerOptions.Web)!;
        Assert.True(cases.Length > 500);
        var wrong = cases.Where(c => PathFilter.IsMatch(c.Pattern, c.Text) != c.Matches).Select(c => $"'{c.Pattern}' on '{c.Text}' should be {c.Matches}");
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("*.json", null, "a/config.json", true)]
    [InlineData("onnx/", null, "onnx/model.onnx", true)]
    [InlineData("onnx/", null, "model.onnx", false)]
    [InlineData(null, "*.bin", "w.bin", false)]
    [InlineData("*", "*.bin", "w.safetensors", true)]
    [InlineData("*.bin", "w.*", "w.bin", false)]
    public void A_path_must_match_an_allowed_pattern_and_no_ignored_one(string? allow, string? ignore, string path, bool accepted) =>
        Assert.Equal(accepted, new PathFilter(allow is null ? null : [allow], ignore is null ? null : [ignore]).Accepts(RepoPath.Parse(path)));

    [Fact]
    public void Many_stars_do_not_take_forever() =>
        Assert.False(PathFilter.IsMatch(string.Concat(Enumerable.Repeat("a*", 200)) + "b", new string('a', 2000)));

    static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

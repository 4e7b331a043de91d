using ModelZoo.Cli;
using ModelZoo.Client;
using ModelZoo.Tests.Client;

namespace ModelZoo.Tests.Cli;

public sealed class ZooCommandTests
{
    static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await ZooCommand.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("repo")]
    [InlineData("push onlyonepath")]
    [InlineData("ls not//a/repo")]
    [InlineData("ls ada/vit --endpoint ftp://x")]
    [InlineData("ls ada/vit --kind poem")]
    public async Task What_is_not_understood_ends_with_2(string line)
    {
        var (code, _, error) = await RunAsync(line.Split(' '));
        Assert.Equal(2, code);
        Assert.NotEmpty(error);
    }

    [Fact]
    public async Task Help_is_not_a_mistake()
    {
        var (code, output, _) = await RunAsync("repo", "--help");
        Assert.Equal(0, code);
        Assert.Contains("create", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_said_in_one_line()
    {
        var (code, _, error) = await RunAsync("ls", "ada/vit", "--endpoint", "http://127.0.0.1:9", "--token", "hf_x");
        Assert.Equal(1, code);
        Assert.StartsWith("zoo: cannot reach the hub", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Files_are_listed_and_pulled()
    {
        await using var hub = await StandInHub.StartAsync();
        using var folder = new TemporaryFolder();
        hub.Files["a/b.txt"] = "text"u8.ToArray();
        string[] to = ["--endpoint", new Uri(hub.Address, "prefix").AbsoluteUri, "--token", "hf_x"];

        Assert.Equal((0, "a/b.txt\n", ""), await RunAsync(["ls", "ada/vit", .. to]));
        var (code, output, _) = await RunAsync(["pull", "ada/vit@main", folder["out"], "--json", .. to]);

        Assert.Equal(0, code);
        Assert.Contains($"\"commit\": \"{StandInHub.Commit}\"", output, StringComparison.Ordinal);
        Assert.Equal("text", File.ReadAllText(folder["out/a/b.txt"]));
    }

    [Fact]
    public void A_refusal_is_told_with_its_request_id() =>
        Assert.Equal((1, "Repository not found (404, RepoNotFound, request r7)"), ZooCommand.Explain(new ZooApiException(404, "Repository not found", "RepoNotFound", "r7")));

    [Fact]
    public void Text_from_a_hub_cannot_steer_the_terminal() => Assert.Equal("a [31m b", Screen.Clean("a\u001b[31m\nb"));
}

using ModelZoo.Client;

namespace ModelZoo.Tests.Client;

public sealed class RepoIdTests
{
    [Theory]
    [InlineData("ada/vit", RepoKind.Model, "ada/vit")]
    [InlineData("models/ada/vit", RepoKind.Model, "ada/vit")]
    [InlineData("datasets/ada/digits", RepoKind.Dataset, "ada/digits")]
    [InlineData("spaces/ada/demo", RepoKind.Space, "ada/demo")]
    [InlineData("datasets/squad", RepoKind.Dataset, "squad")]
    [InlineData("gpt2", RepoKind.Model, "gpt2")]
    public void An_id_says_its_kind_and_reads_back(string text, RepoKind kind, string id)
    {
        var repo = RepoId.Parse(text);
        Assert.Equal((kind, id), (repo.Kind, repo.Id));
        Assert.Equal(repo, RepoId.Parse(repo.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b/c")]
    [InlineData("a/")]
    [InlineData("/a")]
    [InlineData("a/..")]
    [InlineData("a/b--c")]
    [InlineData("a/-b")]
    [InlineData("a/b.")]
    [InlineData("a/b.git")]
    [InlineData("a/b c")]
    [InlineData("a/é")]
    [InlineData("a/b?x=1")]
    public void What_hubs_refuse_is_refused_here(string text) => Assert.Throws<FormatException>(() => RepoId.Parse(text));
}

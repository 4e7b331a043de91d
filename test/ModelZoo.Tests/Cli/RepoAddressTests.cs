using ModelZoo.Cli;
using ModelZoo.Client;

namespace ModelZoo.Tests.Cli;

public sealed class RepoAddressTests
{
    [Theory]
    [InlineData("ada/vit", RepoKind.Model, "ada/vit", null)]
    [InlineData("ada/vit@main", RepoKind.Model, "ada/vit", "main")]
    [InlineData("datasets/ada/digits@feature/x", RepoKind.Dataset, "ada/digits", "feature/x")]
    [InlineData("ada/vit@refs/pr/1", RepoKind.Model, "ada/vit", "refs/pr/1")]
    public void A_repository_and_its_revision_are_told_apart(string text, RepoKind kind, string id, string? revision)
    {
        var address = RepoAddress.Parse(text);
        Assert.Equal((kind, id, revision), (address.Repo.Kind, address.Repo.Id, address.Revision));
    }

    [Fact]
    public void The_kind_option_speaks_where_the_text_does_not()
    {
        Assert.Equal(RepoKind.Space, RepoAddress.Parse("ada/demo", RepoKind.Space).Repo.Kind);
        Assert.Equal(RepoKind.Dataset, RepoAddress.Parse("datasets/ada/demo", RepoKind.Space).Repo.Kind);
        Assert.Throws<FormatException>(() => RepoAddress.Parse("ada/vit@"));
    }
}

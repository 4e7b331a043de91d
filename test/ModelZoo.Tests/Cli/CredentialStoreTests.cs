using ModelZoo.Cli;
using ModelZoo.Tests.Client;

namespace ModelZoo.Tests.Cli;

public sealed class CredentialStoreTests
{
    static readonly Uri Here = new("http://localhost:8080"), There = new("https://example.org/hub/");

    [Fact]
    public void Tokens_are_kept_per_hub_and_only_their_owner_can_read_them()
    {
        using var folder = new TemporaryFolder();
        var store = CredentialStore.Load(folder["modelzoo"]);
        store.Keep(Here, "hf_a");
        store.Keep(There, "hf_b");

        var again = CredentialStore.Load(folder["modelzoo"]);
        Assert.Equal(("hf_a", "hf_b"), (again.FindToken(Here), again.FindToken(new("https://example.org/hub"))));
        Assert.Equal("https://example.org/hub", again.DefaultEndpoint);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(again.FilePath));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["modelzoo"]));
        }
        Assert.Single(Directory.GetFiles(folder["modelzoo"]));
    }

    [Fact]
    public void Forgetting_takes_the_token_and_the_default_away()
    {
        using var folder = new TemporaryFolder();
        var store = CredentialStore.Load(folder.Path);
        store.Keep(Here, "hf_a");
        Assert.True(store.Forget(Here));
        Assert.False(store.Forget(Here));
        var again = CredentialStore.Load(folder.Path);
        Assert.Null(again.FindToken(Here));
        Assert.Null(again.DefaultEndpoint);
    }
}

using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Tests.Accounts;

public sealed class BootstrapTests
{
    [Fact]
    public async Task An_empty_hub_that_is_told_nothing_makes_an_administrator_and_says_its_password_once()
    {
        var folder = Directory.CreateTempSubdirectory("zoo-first-").FullName;
        try
        {
            await using var app = await HubBuilder.BuildAsync(new HubOptions { DataFolder = folder });
            var bootstrap = (Bootstrap)app.Services.GetService(typeof(Bootstrap))!;
            Assert.Matches("^Made the administrator 'keeper' with the password [A-Za-z0-9]{20} ", await bootstrap.RunAsync(_ => null, default));
            Assert.Null(await bootstrap.RunAsync(_ => null, default));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

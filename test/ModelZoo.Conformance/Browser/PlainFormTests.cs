using System.Security.Cryptography;
using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>The same hub with JavaScript off.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class PlainFormTests(BrowserZoo zoo)
{
    [Fact]
    public async Task Browsing_and_searching_need_no_script()
    {
        await using var visit = await zoo.VisitAsync(withScript: false, width: 360);
        await visit.GoAsync("/");
        await visit.Page.Locator("#top-search").FillAsync("shakespeare");
        await visit.Page.Locator("#top-search").PressAsync("Enter");
        await visit.SeesAsync("shakespeare-gpt2");
        await visit.GoAsync("/models");
        await visit.Page.Locator(".facets-fold > summary").ClickAsync();
        await visit.Page.Locator(".facets").GetByRole(AriaRole.Link, new() { NameRegex = new("^text-classification") }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".specimens > li")).ToHaveCountAsync(1);
        await visit.Page.Locator(".specimens a").First.ClickAsync();
        await visit.Page.Locator(".snippets label", new() { HasTextString = "curl" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".snippet:visible")).ToContainTextAsync("curl");
        Assert.Equal(0, await visit.Page.Locator("[data-copy]:visible, [data-theme-switch]:visible").CountAsync());
        await visit.Page.GetByRole(AriaRole.Link, new() { NameRegex = new("^Files") }).First.ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "config.json" }).ClickAsync();
        await visit.SeesAsync("model_type");
    }

    [Fact]
    public async Task Making_filling_editing_and_emptying_a_repository_needs_no_script()
    {
        await using var visit = await zoo.VisitAsync(withScript: false);
        await visit.SignInAsync(BrowserZoo.Owner, zoo.PasswordOf(BrowserZoo.Owner));
        var name = $"plain-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        await visit.GoAsync("/models/new");
        await visit.Page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await visit.Press("Create repository");
        await visit.SeesAsync("Created.");

        await visit.GoAsync($"/ada/{name}/upload/main");
        await visit.Page.GetByLabel("Files").SetInputFilesAsync(new FilePayload[]
        {
            new() { Name = "a.txt", MimeType = "text/plain", Buffer = "one\n"u8.ToArray() },
            new() { Name = "b.bin", MimeType = "application/octet-stream", Buffer = RandomNumberGenerator.GetBytes(200_000) },
        });
        await visit.Press("Upload and commit");
        await visit.SeesAsync("Committed.");
        await visit.SeesAsync("b.bin");

        await visit.GoAsync($"/ada/{name}/edit/main/README.md");
        await visit.Page.Locator("textarea").FillAsync("---\nlicense: mit\n---\n# Plain\n\nNo script was needed.\n");
        await visit.Press("Preview");
        await visit.SeesAsync("not saved yet");
        await visit.Press("Commit");
        await visit.SeesAsync("No script was needed.");

        await visit.GoAsync($"/ada/{name}/delete/main/a.txt");
        await visit.Press("Delete");
        await visit.SeesAsync("Deleted.");
        await visit.GoAsync($"/ada/{name}/blob/main/a.txt", 404);
    }
}

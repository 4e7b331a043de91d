using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>Other people's text is never markup, never a script and never a request. <see cref="Visit"/> itself fails on dialogs, errors and foreign requests.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class HostileContentTests(BrowserZoo zoo)
{
    [Theory]
    [InlineData("/ada/hostile")]
    [InlineData("/ada/hostile/tree/main")]
    [InlineData("/ada/hostile/blob/main/README.md")]
    [InlineData("/ada/hostile/blob/main/config.json")]
    [InlineData("/ada/hostile/commits/main")]
    [InlineData("/ada")]
    [InlineData("/models")]
    [InlineData("/search?q=hostile")]
    public async Task A_hostile_card_does_nothing(string address)
    {
        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        await visit.GoAsync(address);
        await visit.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        foreach (var link in await visit.Page.Locator(".card a").AllAsync())
            if (await link.GetAttributeAsync("href") is { } href)
                Assert.Matches("^(/|#|\\?|https?://|mailto:)", href);
        Assert.False(await visit.Page.EvaluateAsync<bool>("() => 'owned' in window"));
        Assert.DoesNotContain("owned", await visit.Page.TitleAsync());
        Assert.Equal(0, await visit.Page.Locator("main :is(script, iframe, object, embed, style, link, meta, base, svg:not(.chart)), .card form, .card [style], .card [class*=notice]").CountAsync());
        Assert.Equal(zoo.Full.Url + address, visit.Page.Url);
        await Assertions.Expect(visit.Page.Locator("header.top")).ToBeVisibleAsync();
        Assert.Equal("main", await visit.Page.EvaluateAsync<string>("() => document.getElementById('content').localName"));
    }

    [Fact]
    public async Task Preview_of_a_hostile_card_does_nothing_either()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        await visit.GoAsync("/ada/hostile/edit/main/README.md");
        await visit.Press("Preview");
        await visit.SeesAsync("A paragraph that is still there.");
        Assert.False(await visit.Page.EvaluateAsync<bool>("() => 'owned' in window"));
        Assert.Empty(await PageCheck.FaultsAsync(visit.Page));
    }

    [Fact]
    public async Task Files_with_hostile_names_open_download_and_show_their_names_as_they_are()
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync("/ada/hostile/tree/main");
        foreach (var name in FullZoo.HostileNames.Where(name => !name.Contains('/')))
        {
            var link = visit.Page.Locator(".files").GetByRole(AriaRole.Link, new() { Name = name, Exact = true });
            await Assertions.Expect(link).ToHaveCountAsync(1);
            var address = await link.GetAttributeAsync("href");
            var page = await visit.Context.APIRequest.GetAsync(address!);
            Assert.True(page.Status == 200, $"{page.Status} for {name}");
            var file = await visit.Context.APIRequest.GetAsync(address!.Replace("/blob/", "/resolve/", StringComparison.Ordinal));
            Assert.Equal("<script>alert('file')</script>\n", await file.TextAsync());
            Assert.DoesNotContain("html", file.Headers["content-type"]);
            Assert.Equal("nosniff", file.Headers["x-content-type-options"]);
        }
    }

    [Fact]
    public async Task What_is_private_is_not_there_for_others()
    {
        foreach (var viewer in new[] { Viewer.Nobody, Viewer.Stranger })
        {
            await using var visit = await zoo.VisitAsync(viewer);
            foreach (var address in new[] { "/ada/secret", "/ada/secret/tree/main", "/ada/secret/settings", "/ada/secret/blob/main/README.md" })
                await visit.GoAsync(address, 404);
            foreach (var address in new[] { "/ada", "/models", "/search?q=secret", "/" })
            {
                await visit.GoAsync(address);
                Assert.Equal(0, await visit.Page.Locator("a[href*='ada/secret']").CountAsync());
            }
        }
    }
}

using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>Searching, narrowing, and the comforts that the script adds.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class BrowsingTests(BrowserZoo zoo)
{
    [Fact]
    public async Task The_top_bar_searches_and_leads_to_the_model()
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync("/docs/connect");
        await visit.Page.Keyboard.PressAsync("/");
        await Assertions.Expect(visit.Page.Locator("#top-search")).ToBeFocusedAsync();
        await visit.Page.Keyboard.TypeAsync("shakespeare");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page).ToHaveURLAsync($"{zoo.Full.Url}/search?q=shakespeare");
        await Assertions.Expect(visit.Page.Locator("#top-search")).ToHaveValueAsync("shakespeare");
        await visit.Page.Locator("main").GetByRole(AriaRole.Link, new() { Name = "zoo/shakespeare-gpt2", Exact = true }).First.ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync($"{zoo.Full.Url}/zoo/shakespeare-gpt2");
    }

    [Fact]
    public async Task Facets_and_order_are_in_the_address_and_Back_takes_them_off()
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync("/models");
        var all = await visit.Page.Locator(".specimens > li").CountAsync();
        await visit.Page.Locator(".facets").GetByRole(AriaRole.Link, new() { NameRegex = new("^text-classification") }).ClickAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync($"{zoo.Full.Url}/models?task=text-classification");
        await Assertions.Expect(visit.Page.Locator(".specimens > li")).ToHaveCountAsync(1);
        await visit.Page.Locator("nav[aria-label=Order]").GetByText("Name").ClickAsync();
        Assert.Contains("task=text-classification", visit.Page.Url);
        Assert.Contains("sort=name", visit.Page.Url);
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Page.Locator(".specimens > li")).ToHaveCountAsync(1);
        await visit.Page.GoBackAsync();
        await visit.Page.GoBackAsync();
        await Assertions.Expect(visit.Page).ToHaveURLAsync($"{zoo.Full.Url}/models");
        await Assertions.Expect(visit.Page.Locator(".specimens > li")).ToHaveCountAsync(all);
    }

    [Fact]
    public async Task The_theme_follows_the_system_until_somebody_chooses_and_then_stays()
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync("/");
        var light = await PaperAsync(visit);
        await visit.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        var dark = await PaperAsync(visit);
        Assert.NotEqual(light, dark);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Light or dark" }).ClickAsync();
        Assert.Equal(light, await PaperAsync(visit));
        await visit.GoAsync("/models");
        Assert.Equal(light, await PaperAsync(visit));
        await visit.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Light or dark" }).ClickAsync();
        await visit.Page.ReloadAsync();
        Assert.Equal(dark, await PaperAsync(visit));
    }

    [Fact]
    public async Task The_copy_button_copies_the_chosen_way_to_get_a_model_and_the_choice_stays()
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync("/zoo/shakespeare-gpt2");
        await visit.Page.Locator(".snippets label", new() { HasTextString = "hf" }).ClickAsync();
        await visit.Page.Locator(".snippets [data-copy]:visible").ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".snippets [data-copy]:visible")).ToHaveTextAsync("Copied");
        var copied = await visit.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        Assert.Contains($"HF_ENDPOINT=${{MODELZOO_ENDPOINT:-{zoo.Full.Url}}}", copied);
        Assert.Contains("hf download zoo/shakespeare-gpt2", copied);
        await visit.GoAsync("/zoo/banking77-bert-mini");
        await Assertions.Expect(visit.Page.Locator(".snippets .snippet:visible")).ToContainTextAsync("hf download zoo/banking77-bert-mini");
    }

    [Fact]
    public async Task Git_is_offered_where_other_ways_are()
    {
        await using var visit = await zoo.VisitAsync();
        foreach (var address in new[] { "/zoo/shakespeare-gpt2", "/datasets/zoo/field-notes", "/docs/connect" })
        {
            await visit.GoAsync(address);
            var page = await visit.Page.ContentAsync();
            Assert.Contains("git clone ", page);
            Assert.Contains(zoo.Full.Url, page);
        }
    }

    [Fact]
    public async Task The_keys_j_and_k_walk_through_a_list()
    {
        await using var visit = await zoo.VisitAsync();
        foreach (var address in new[] { "/models", "/zoo/shakespeare-gpt2/tree/main" })
        {
            await visit.GoAsync(address);
            var rows = visit.Page.Locator("[data-rows] > *");
            await visit.Page.Keyboard.PressAsync("j");
            await visit.Page.Keyboard.PressAsync("j");
            await Assertions.Expect(rows.Nth(1)).ToContainClassAsync("at");
            await visit.Page.Keyboard.PressAsync("k");
            await Assertions.Expect(rows.Nth(0)).ToContainClassAsync("at");
            await Assertions.Expect(rows.Nth(0).Locator("a").First).ToBeFocusedAsync();
        }
    }

    [Fact]
    public async Task Navigation_leads_only_to_what_exists()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Administrator);
        await visit.GoAsync("/");
        var words = await visit.Page.Locator("body > header a").AllTextContentsAsync();
        Assert.Equal(["ModelZoo", "Models", "Datasets", "Devices", "Your page", "New repository", "Settings", "Access tokens", "Jobs", "Administration"], words.Select(word => word.Trim()));
    }

    static Task<string> PaperAsync(Visit visit) => visit.Page.EvaluateAsync<string>("() => getComputedStyle(document.documentElement).backgroundColor");
}

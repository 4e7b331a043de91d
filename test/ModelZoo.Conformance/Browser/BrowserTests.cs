using Microsoft.Playwright;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>People use the hub through a browser: narrow and wide, light and dark, with and without scripts, empty and full.</summary>
public sealed class BrowserTests(BrowserHub browser) : IClassFixture<BrowserHub>
{
    static readonly string[] s_anywhere = ["/", "/models", "/datasets", "/spaces", "/search", "/search?q=anything", "/login", "/logout", "/docs/connect", "/docs/facts", "/nobody-of-this-name"];
    static readonly string[] s_signedIn = ["/models/new", "/settings", "/settings/password", "/settings/tokens", "/jobs", "/admin", $"/{HubProcess.Admin}"];

    public static TheoryData<int, string> Looks => new() { { 360, "light" }, { 360, "dark" }, { 1200, "light" }, { 1200, "dark" } };

    [Theory, MemberData(nameof(Looks))]
    public async Task Every_page_fits_and_can_be_read(int width, string theme)
    {
        var page = await browser.OpenAsync(width, theme);
        var checks = PageChecks.Watch(page);
        foreach (var address in s_anywhere) await PageChecks.LookAsync(page, address);
        await BrowserHub.SignInAsync(page);
        foreach (var address in s_signedIn) await PageChecks.LookAsync(page, address);

        var name = $"look-{width}-{theme}";
        await FillAsync(page, name);
        var repository = $"/{HubProcess.Admin}/{name}";
        foreach (var tail in (string[])["", "/tree/main", "/tree/main/notes", "/blob/main/notes/a.txt", "/blob/main/README.md", "/edit/main/README.md", "/upload/main",
            "/delete/main/notes/a.txt", "/commits/main", "/commit/main", "/compare?from=main&to=main", "/refs", "/settings"])
            await PageChecks.LookAsync(page, repository + tail);
        foreach (var address in s_anywhere.Take(6)) await PageChecks.LookAsync(page, address);
        checks.AssertQuiet();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_model_is_made_described_filled_found_and_deleted_with_and_without_scripts(bool scripts)
    {
        var name = scripts ? "by-script" : "by-form";
        var page = await browser.OpenAsync(scripts: scripts);
        await BrowserHub.SignInAsync(page);
        await FillAsync(page, name);

        await page.GotoAsync($"/models?q={name}");
        await page.ClickAsync($".specimens a[href='/{HubProcess.Admin}/{name}']");
        await page.WaitForURLAsync($"**/{HubProcess.Admin}/{name}");
        Assert.Contains("It counts sheep", await page.TextContentAsync("article.card") ?? "", StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("article.card script, article.card [onerror]").CountAsync());

        await page.GotoAsync($"/{HubProcess.Admin}/{name}/delete/main/notes/a.txt");
        await page.ClickAsync("main button[data-danger]");
        Assert.Contains("Deleted", await page.TextContentAsync(".notice") ?? "", StringComparison.Ordinal);

        await page.GotoAsync($"/{HubProcess.Admin}/{name}/settings");
        await page.FillAsync("[name=confirm]", $"{HubProcess.Admin}/{name}");
        await page.ClickAsync("text=Delete " + $"{HubProcess.Admin}/{name}");
        var gone = await page.GotoAsync($"/{HubProcess.Admin}/{name}");
        Assert.Equal(404, gone!.Status);
    }

    [Fact]
    public async Task No_link_on_any_page_is_broken()
    {
        var page = await browser.OpenAsync();
        await BrowserHub.SignInAsync(page);
        await FillAsync(page, "linked");
        var (waiting, seen) = (new Queue<(string From, string To)>([("", "/")]), new HashSet<string> { "/" });
        var broken = new List<string>();
        while (waiting.Count > 0 && seen.Count < 400)
        {
            var (from, to) = waiting.Dequeue();
            var response = await page.Context.APIRequest.GetAsync(browser.Hub.Url + to);
            if (!response.Ok) broken.Add($"{from} → {to}: {response.Status}");
            if (!(response.Headers.GetValueOrDefault("content-type") ?? "").StartsWith("text/html", StringComparison.Ordinal)) continue;
            await page.GotoAsync(to);
            foreach (var link in await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin).map(a => a.pathname + a.search)"))
                if (seen.Add(link)) waiting.Enqueue((to, link));
        }
        Assert.Empty(broken);
        Assert.True(seen.Count > 40, $"Only {seen.Count} addresses were found.");
    }

    [Fact]
    public async Task Scripts_add_comfort_themes_copying_and_keys()
    {
        var page = await browser.OpenAsync();
        var checks = PageChecks.Watch(page);
        await BrowserHub.SignInAsync(page);
        await FillAsync(page, "comfort");

        await page.GotoAsync("/models");
        await page.Keyboard.PressAsync("j");
        Assert.True(await page.EvaluateAsync<bool>("() => document.activeElement.closest('[data-rows]') !== null"));
        await page.Keyboard.PressAsync("/");
        Assert.Equal("top-search", await page.EvaluateAsync<string>("() => document.activeElement.id"));

        await page.ClickAsync("[data-theme-switch]");
        await page.GotoAsync($"/{HubProcess.Admin}/comfort");
        Assert.Equal("dark", await page.GetAttributeAsync("html", "data-theme"));

        await page.ClickAsync("label[for=get-2]");
        await page.ReloadAsync();
        Assert.True(await page.IsCheckedAsync("#get-2"));
        checks.AssertQuiet();
    }

    /// <summary>Makes a repository with a card and a file, all through forms.</summary>
    static async Task FillAsync(IPage page, string name)
    {
        await page.GotoAsync("/models/new");
        await page.FillAsync("main [name=name]", name);
        await page.FillAsync("main [name=description]", "A model that was made by a person with a browser.");
        await page.ClickAsync("text=Create repository");
        await page.WaitForURLAsync($"**/{HubProcess.Admin}/{name}*");

        await page.GotoAsync($"/{HubProcess.Admin}/{name}/edit/main/README.md");
        await page.FillAsync("[name=text]", "---\nlicense: mit\npipeline_tag: text-generation\n---\n\n# Sheep\n\nIt counts sheep. <script>alert(1)</script> <img src=x onerror=alert(2)>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        await page.ClickAsync("button[value=preview]");
        Assert.Contains("It counts sheep", await page.TextContentAsync("#preview") ?? "", StringComparison.Ordinal);
        await page.ClickAsync("button[value=save]");
        await page.WaitForURLAsync("**notice=committed");

        await page.GotoAsync($"/{HubProcess.Admin}/{name}/upload/main");
        await page.FillAsync("[name=folder]", "notes");
        await page.SetInputFilesAsync("[name=files]", new[]
        {
            new FilePayload { Name = "a.txt", MimeType = "text/plain", Buffer = "one\ntwo\n"u8.ToArray() },
            new FilePayload { Name = "weights.bin", MimeType = "application/octet-stream", Buffer = new byte[200_000] },
        });
        await page.ClickAsync("text=Upload and commit");
        await page.WaitForURLAsync("**/tree/main/notes?notice=committed");
        Assert.Equal(2, await page.Locator("table.files tbody a[href*='/blob/']").CountAsync());
    }
}

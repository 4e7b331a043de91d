using Microsoft.Playwright;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>The real program and a headless Chromium that looks at it. The hub begins empty; its administrator has a password.</summary>
public sealed class BrowserHub : IAsyncLifetime
{
    public const string Password = "correct-horse-battery";

    static readonly string[] s_browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    IPlaywright? _playwright;
    IBrowser? _browser;

    public HubProcess Hub { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Hub.Settings["MODELZOO_BOOTSTRAP_PASSWORD"] = Password;
        await Hub.StartAsync();
        if (FindBrowser() is not { } program) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] });
    }

    /// <summary>A fresh browser window: own cookies, own size, own theme. Skips loudly where there is no Chromium.</summary>
    public async Task<IPage> OpenAsync(int width = 1200, string theme = "light", bool scripts = true)
    {
        if (_browser is null) Missing.Skip("There is no Chromium on this machine; install it (apt-get install chromium) to run the browser tests.");
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = Hub.Url,
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            JavaScriptEnabled = scripts,
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        return page;
    }

    public static async Task SignInAsync(IPage page)
    {
        await page.GotoAsync("/login");
        await page.FillAsync("main [name=handle]", HubProcess.Admin);
        await page.FillAsync("main [name=password]", Password);
        await page.ClickAsync("main button");
        await page.WaitForURLAsync($"**/{HubProcess.Admin}*");
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        await Hub.DisposeAsync();
    }

    static string? FindBrowser() => Environment.GetEnvironmentVariable("MODELZOO_CHROMIUM") is { Length: > 0 } named ? named : s_browsers.FirstOrDefault(File.Exists);
}

using Microsoft.Playwright;
using ModelZoo.Client;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>All browser tests share one Chromium and two hubs: an empty one, and one with the demo zoo and other people's repositories.</summary>
[CollectionDefinition(nameof(BrowserZoo))]
public sealed class SharedBrowser : ICollectionFixture<BrowserZoo>;

/// <summary>Who looks at a page. The administrator owns the demo zoo; the owner owns what <see cref="FullZoo"/> makes.</summary>
public enum Viewer { Nobody, Owner, Stranger, Administrator }

public sealed class BrowserZoo : IAsyncLifetime
{
    public const string Administrator = "zoo";
    public const string AdministratorPassword = "a password for tests only";
    public const string Owner = "ada";
    public const string Stranger = "eve";

    static readonly string[] s_programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    readonly Dictionary<(HubProcess, Viewer), string> _sessions = [];
    readonly Dictionary<string, string> _passwords = new() { [Administrator] = AdministratorPassword };
    IPlaywright? _playwright;
    IBrowser? _browser;

    public HubProcess Empty { get; } = NewHub();
    public HubProcess Full { get; } = NewHub();
    public FullZoo Content { get; private set; } = null!;

    public string PasswordOf(string handle) => _passwords[handle];

    public async ValueTask InitializeAsync()
    {
        if (FindChromium() is not { } program)
            return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await Task.WhenAll(Empty.StartAsync(), Full.StartAsync());
        using (var zoo = new ZooClient(new() { Endpoint = new(Full.Url), Token = HubProcess.Token }))
            await FullZoo.PushDemoAsync(zoo);
        foreach (var hub in new[] { Empty, Full })
            await SignInAsync(hub, Viewer.Administrator, Administrator);
        foreach (var (viewer, handle) in new[] { (Viewer.Owner, Owner), (Viewer.Stranger, Stranger) })
        {
            await CreateAccountAsync(handle);
            await SignInAsync(Full, viewer, handle);
        }
        var token = await CreateTokenAsync();
        using var owner = new ZooClient(new() { Endpoint = new(Full.Url), Token = token });
        Content = await FullZoo.PushAsync(owner);
        await FullZoo.DiscussAsync(Full.Url, token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.CloseAsync();
        _playwright?.Dispose();
        await Empty.DisposeAsync();
        await Full.DisposeAsync();
    }

    /// <summary>A window of its own, signed in as the viewer. Close it with <see cref="Visit.DisposeAsync"/>, which also fails on what the page complained about.</summary>
    public async Task<Visit> VisitAsync(Viewer viewer = Viewer.Nobody, HubProcess? hub = null, bool withScript = true, int width = 1200)
    {
        if (_browser is null)
            SkipWithoutChromium();
        hub ??= Full;
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = hub.Url,
            JavaScriptEnabled = withScript,
            ViewportSize = new() { Width = width, Height = 800 },
            ColorScheme = ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            StorageState = viewer == Viewer.Nobody ? null : _sessions[(hub, viewer)],
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(15_000);
        return new(context, await context.NewPageAsync(), hub.Url);
    }

    /// <summary>A session's cookies as a request header, for looking at pages without a window.</summary>
    public async Task<string> CookiesAsync(Viewer viewer, HubProcess hub)
    {
        await using var visit = await VisitAsync(viewer, hub);
        return string.Join("; ", (await visit.Context.CookiesAsync()).Select(cookie => $"{cookie.Name}={cookie.Value}"));
    }

    async Task SignInAsync(HubProcess hub, Viewer viewer, string handle)
    {
        await using var visit = await VisitAsync(Viewer.Nobody, hub);
        await visit.SignInAsync(handle, _passwords[handle]);
        _sessions[(hub, viewer)] = await visit.Context.StorageStateAsync();
    }

    async Task CreateAccountAsync(string handle)
    {
        await using var visit = await VisitAsync(Viewer.Administrator);
        await visit.GoAsync("/admin");
        await visit.Page.GetByText("New account", new() { Exact = true }).ClickAsync();
        await visit.Page.GetByLabel("Handle").FillAsync(handle);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        _passwords[handle] = (await visit.Page.Locator(".notice code").TextContentAsync())!.Trim();
    }

    async Task<string> CreateTokenAsync()
    {
        await using var visit = await VisitAsync(Viewer.Owner);
        return await visit.CreateTokenAsync("filling the zoo", "write");
    }

    static HubProcess NewHub() => new()
    {
        Settings =
        {
            ["MODELZOO_BOOTSTRAP_ADMIN"] = Administrator,
            ["MODELZOO_BOOTSTRAP_PASSWORD"] = AdministratorPassword,
            // All these people share one address and hurry.
            ["MODELZOO_LIMITS__SIGNINSPERMINUTE"] = "1000",
            ["MODELZOO_LIMITS__REQUESTSPERMINUTE"] = "100000",
            ["MODELZOO_LIMITS__ANONYMOUSREQUESTSPERMINUTE"] = "100000",
        },
    };

    static string? FindChromium() => Environment.GetEnvironmentVariable("MODELZOO_CHROMIUM") is { Length: > 0 } named
        ? named
        : s_programs.FirstOrDefault(File.Exists);

    static void SkipWithoutChromium()
    {
        const string Words = "The pages were NOT tested in a browser: install Chromium (apt-get install chromium), or name one in MODELZOO_CHROMIUM.";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(Words);
        Missing.Skip(Words);
    }
}

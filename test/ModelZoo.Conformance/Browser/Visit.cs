using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>
/// One window with cookies of its own. It listens: a script error, a blocked resource (CSP), a request to another host or an answer of 500
/// and above fails the test that opened it.
/// </summary>
public sealed class Visit : IAsyncDisposable
{
    readonly ConcurrentQueue<string> _complaints = new();
    readonly string _url;

    public Visit(IBrowserContext context, IPage page, string url)
    {
        (Context, Page, _url) = (context, page, url);
        page.Console += (_, message) =>
        {
            // The answer's status is judged below; an expected 401 or 404 is no fault of the page.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                Complain($"console {message.Type} on {page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Complain($"script error on {page.Url}: {error}");
        page.Dialog += (_, dialog) =>
        {
            Complain($"a dialog on {page.Url}: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        context.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_url, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
                Complain($"a request to another host on {page.Url}: {request.Url}");
        };
        context.Response += (_, answer) =>
        {
            // A picture that a card names and the repository lacks is the card's fault.
            var isOwn = !answer.Request.IsNavigationRequest && answer.Request.ResourceType != "xhr" && !answer.Url.Contains("/resolve/", StringComparison.Ordinal);
            if (answer.Status >= 500 || answer.Status >= 400 && isOwn)
                Complain($"{answer.Status} for {answer.Url}");
        };
    }

    public IBrowserContext Context { get; }
    public IPage Page { get; }
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Opens a page and expects this status.</summary>
    public async Task GoAsync(string address, int status = 200)
    {
        var answer = await Page.GotoAsync(address);
        Assert.True(answer!.Status == status, $"{answer.Status} instead of {status}: {address}");
    }

    public async Task SignInAsync(string handle, string password)
    {
        await GoAsync("/login");
        await Page.GetByLabel("Handle").FillAsync(handle);
        await Page.GetByLabel("Password").FillAsync(password);
        await Press("Sign in");
        await Assertions.Expect(Page.GetByText("Signed in.")).ToBeVisibleAsync();
    }

    /// <summary>Makes a token by the form and returns the text that is shown once.</summary>
    public async Task<string> CreateTokenAsync(string name, string role)
    {
        await GoAsync("/settings/tokens");
        await Page.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await Page.Locator($"input[name=role][value={role}]").CheckAsync();
        await Press("Create token");
        return (await Page.Locator(".notice code").First.TextContentAsync())!.Trim();
    }

    /// <summary>Presses the button of this name in the page's own part, not in its top bar.</summary>
    public Task Press(string name) => Page.Locator("main").GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    public Task SeesAsync(string text) => Assertions.Expect(Page.Locator("main").GetByText(text).First).ToBeVisibleAsync();

    public async ValueTask DisposeAsync()
    {
        await Context.CloseAsync();
        Assert.True(_complaints.IsEmpty, string.Join('\n', _complaints));
    }

    void Complain(string text) => _complaints.Enqueue(text);
}

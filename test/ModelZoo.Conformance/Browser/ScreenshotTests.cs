using Microsoft.Playwright;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>Pictures, for people to look at. Off unless an environment variable asks for them.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class ScreenshotTests(BrowserZoo zoo)
{
    /// <summary>MODELZOO_PICTURE=1 writes the picture of the README anew.</summary>
    [Fact]
    public async Task The_picture_of_the_README_is_made_from_the_demo_zoo()
    {
        if (Environment.GetEnvironmentVariable("MODELZOO_PICTURE") is not { Length: > 0 })
            Assert.Skip("Set MODELZOO_PICTURE=1 to write docs/model-page.png.");
        await using var visit = await zoo.VisitAsync();
        await visit.Page.SetViewportSizeAsync(1200, 1000);
        await visit.GoAsync("/zoo/shakespeare-gpt2");
        // The address in the snippet is this test's; readers run the hub elsewhere.
        await visit.Page.EvaluateAsync($"() => document.querySelectorAll('code').forEach(c => c.textContent = c.textContent.replaceAll('{zoo.Full.Url}', 'http://127.0.0.1:8080'))");
        var picture = await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(Locations.Root, "docs", "model-page.png") });
        Assert.InRange(picture.Length, 10_000, 300_000);
    }

    /// <summary>MODELZOO_PICTURES=FOLDER writes every kind of page at both widths and in both themes there.</summary>
    [Fact]
    public async Task Every_page_is_pictured_for_those_who_want_to_look()
    {
        var folder = Environment.GetEnvironmentVariable("MODELZOO_PICTURES") ?? "";
        if (folder.Length == 0)
            Assert.Skip("Set MODELZOO_PICTURES to a folder to look at every page.");
        foreach (var (hub, viewer) in new[] { (zoo.Full, Viewer.Owner), (zoo.Empty, Viewer.Administrator) })
        {
            await using var visit = await zoo.VisitAsync(viewer, hub);
            var addresses = hub == zoo.Full ? Addresses.Of(viewer, zoo.Content).Append("/login") : Addresses.OfEmpty(viewer);
            var at = 0;
            foreach (var address in addresses)
            {
                await visit.GoAsync(address);
                at++;
                foreach (var (width, theme) in new[] { (1200, ColorScheme.Light), (360, ColorScheme.Dark) })
                {
                    await visit.Page.SetViewportSizeAsync(width, width == 360 ? 740 : 900);
                    await visit.Page.EmulateMediaAsync(new() { ColorScheme = theme });
                    var name = string.Concat(address.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
                    await visit.Page.ScreenshotAsync(new()
                    {
                        Path = Path.Combine(folder, $"{(hub == zoo.Full ? "full" : "empty")}-{at:00}{name[..Math.Min(name.Length, 40)]}-{width}-{theme}.png"),
                    });
                }
            }
        }
    }
}

using Microsoft.Playwright;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Browser;

/// <summary>Each kind of page, at 360 and 1200 px, light and dark, as everybody who may see it, in an empty hub and in a full one.</summary>
[Collection(nameof(BrowserZoo))]
public sealed class EveryPageTests(BrowserZoo zoo)
{
    [Theory]
    [InlineData(Viewer.Nobody)]
    [InlineData(Viewer.Owner)]
    [InlineData(Viewer.Administrator)]
    public async Task Pages_of_a_full_hub_are_sound_at_both_widths_and_in_both_themes(Viewer viewer)
    {
        await using var visit = await zoo.VisitAsync(viewer);
        await AreSoundAsync(visit, Addresses.Of(viewer, zoo.Content).Except(viewer == Viewer.Nobody ? [] : Addresses.Of(Viewer.Nobody, zoo.Content).Where((_, i) => i % 4 != 0)));
    }

    [Theory]
    [InlineData(Viewer.Nobody)]
    [InlineData(Viewer.Administrator)]
    public async Task Pages_of_an_empty_hub_are_sound_at_both_widths_and_in_both_themes(Viewer viewer)
    {
        await using var visit = await zoo.VisitAsync(viewer, zoo.Empty);
        await AreSoundAsync(visit, Addresses.OfEmpty(viewer));
    }

    [Theory]
    [InlineData("/nobody-of-this-name")]
    [InlineData("/zoo/nothing-of-this-name")]
    [InlineData("/ada/secret")]
    [InlineData("/zoo/shakespeare-gpt2/tree/no-such-branch")]
    [InlineData("/zoo/shakespeare-gpt2/blob/main/no-such-file")]
    [InlineData("/zoo/shakespeare-gpt2/commit/0000000000000000000000000000000000000000")]
    public async Task A_page_that_is_not_there_says_so_as_a_sound_page(string address)
    {
        await using var visit = await zoo.VisitAsync();
        await visit.GoAsync(address, 404);
        Assert.Empty(await PageCheck.FaultsAsync(visit.Page));
    }

    [Fact]
    public async Task Every_stop_of_the_tab_key_can_be_seen()
    {
        await using var visit = await zoo.VisitAsync(Viewer.Owner);
        foreach (var address in new[] { "/", "/models", "/zoo/shakespeare-gpt2", "/ada/busy/tree/main", "/ada/busy/settings", "/settings/tokens", "/zoo/shakespeare-gpt2/profile", "/devices" })
        {
            await visit.GoAsync(address);
            Assert.True(await PageCheck.FocusStopsAsync(visit.Page, 40) > 8, address);
        }
    }

    static async Task AreSoundAsync(Visit visit, IEnumerable<string> addresses)
    {
        var faults = new List<string>();
        foreach (var address in addresses)
        {
            await visit.GoAsync(address);
            foreach (var (width, theme) in new[] { (1200, ColorScheme.Light), (1200, ColorScheme.Dark), (360, ColorScheme.Dark), (360, ColorScheme.Light) })
            {
                await visit.Page.SetViewportSizeAsync(width, 800);
                await visit.Page.EmulateMediaAsync(new() { ColorScheme = theme });
                faults.AddRange((await PageCheck.FaultsAsync(visit.Page)).Select(fault => $"{address} ({width}, {theme}): {fault}"));
            }
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }
}

using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>What a browser must find right on every page.</summary>
sealed class PageChecks
{
    readonly List<string> _complaints = [];

    PageChecks(IPage page)
    {
        page.PageError += (_, error) => _complaints.Add($"{page.Url}: {error}");
        page.Console += (_, message) =>
        {
            // A page that answers 404 on purpose is reported as a failed resource; everything else is ours.
            if (message.Type == "error" && !message.Text.Contains("the server responded with a status of", StringComparison.Ordinal)) _complaints.Add($"{page.Url}: {message.Text}");
        };
    }

    /// <summary>From now on errors in the console (scripts, refused by the content security policy) are kept.</summary>
    public static PageChecks Watch(IPage page) => new(page);

    public void AssertQuiet() => Assert.Empty(_complaints);

    /// <summary>Loads the page and looks: the stylesheet is there, nothing sticks out, text can be read.</summary>
    public static async Task LookAsync(IPage page, string address)
    {
        var response = await page.GotoAsync(address);
        Assert.NotNull(response);
        Assert.True(response.Status < 500, $"{address} answered {response.Status}.");
        Assert.Equal(1, await page.Locator("h1").CountAsync());
        var sticksOut = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(sticksOut <= 0, $"{address} is {sticksOut} px wider than the window.");
        var paper = await page.EvaluateAsync<string>("() => getComputedStyle(document.documentElement).backgroundColor");
        Assert.False(paper is "" or "rgba(0, 0, 0, 0)", $"{address} has no stylesheet.");
        var faint = await page.EvaluateAsync<string[]>(Contrast);
        Assert.True(faint.Length == 0, $"{address}: text with too little contrast: {string.Join("; ", faint.Take(5))}");
    }

    /// <summary>Contrast of every visible text against the nearest painted background, as WCAG 2.2 computes it; 4.5 is its limit for text (1.4.3).</summary>
    const string Contrast = """
        () => {
          const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
          const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
          const light = ([r, g, b]) => { const f = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
          const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
          const faint = new Set();
          for (const e of document.querySelectorAll('body *')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility() || e.closest('button:disabled')) continue;
            const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            if (ratio < 4.5) faint.add(`${e.tagName.toLowerCase()}.${e.className} ${ratio.toFixed(2)}: ${e.textContent.trim().slice(0, 30)}`);
          }
          return [...faint];
        }
        """;
}

using Microsoft.Playwright;

namespace ModelZoo.Conformance.Browser;

/// <summary>What must hold on every page, at any width and in any theme.</summary>
static class PageCheck
{
    /// <summary>Looks at the page as it is now; one sentence per fault.</summary>
    public static Task<string[]> FaultsAsync(IPage page) => page.EvaluateAsync<string[]>(Script);

    /// <summary>Presses Tab and looks whether each stop can be seen. Returns how many stops there were.</summary>
    public static async Task<int> FocusStopsAsync(IPage page, int most)
    {
        var stops = 0;
        for (; stops < most; stops++)
        {
            await page.Keyboard.PressAsync("Tab");
            var fault = await page.EvaluateAsync<string>("""
                () => {
                  const at = document.activeElement;
                  if (!at || at === document.body) return "end";
                  const shown = at.matches(".snippets > input") ? at.nextElementSibling : at, style = getComputedStyle(shown), box = shown.getBoundingClientRect();
                  const what = `${at.tagName} "${(at.textContent || at.name || "").trim().slice(0, 40)}"`;
                  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return `${what} has the focus and does not show it`;
                  return box.width === 0 || box.height === 0 ? `${what} has the focus and no size` : "";
                }
                """);
            if (fault == "end") return stops;
            Assert.True(fault.Length == 0, $"{page.Url}: {fault}");
        }
        return stops;
    }

    // Contrast: WCAG 2.2, 1.4.3 (4.5:1; 3:1 from 24 px, or 18.66 px bold). Colours go through a canvas, because tokens are OKLCH.
    const string Script = """
        () => {
          const faults = [], root = document.documentElement, seen = el => el.checkVisibility({ visibilityProperty: true });
          const name = el => `<${el.tagName.toLowerCase()}${el.className && typeof el.className === "string" ? "." + el.className.replaceAll(" ", ".") : ""}> "${(el.textContent || "").trim().slice(0, 40)}"`;
          const scrolls = el => { for (; el && el !== document.body; el = el.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(el).overflowX)) return true; return false; };

          if (root.scrollWidth > root.clientWidth) {
            faults.push(`the page scrolls sideways: ${root.scrollWidth} in ${root.clientWidth} px`);
          }
          for (const el of document.querySelectorAll("body *")) {
            const box = el.getBoundingClientRect();
            if (box.width > 0 && box.right > root.clientWidth + 1 && !scrolls(el) && seen(el)) { faults.push(`${name(el)} reaches ${Math.round(box.right)} px`); break; }
          }
          const h1 = document.querySelectorAll("h1");
          if (h1.length !== 1) faults.push(`${h1.length} h1: ${[...h1].map(name)}`);
          if (!root.lang) faults.push("no language");
          if (!document.title.trim()) faults.push("no title");
          for (const [what, many] of [["main", 1], ["body > header", 1], ["body > footer", 1]])
            if (document.querySelectorAll(what).length !== many) faults.push(`${document.querySelectorAll(what).length} ${what}`);
          const navs = [...document.querySelectorAll("nav")].map(nav => nav.getAttribute("aria-label"));
          if (navs.some(label => !label) || new Set(navs).size !== navs.length) faults.push(`navigation without a name of its own: ${navs}`);

          for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea, meter, progress"))
            if (!(field.labels && [...field.labels].some(l => l.textContent.trim())) && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby")) faults.push(`no label: ${field.outerHTML.slice(0, 120)}`);
          for (const el of document.querySelectorAll("a[href], button, summary"))
            if (!(el.textContent.trim() || el.getAttribute("aria-label") || el.querySelector("img[alt]:not([alt=''])"))) faults.push(`no words: ${el.outerHTML.slice(0, 120)}`);
          for (const img of document.querySelectorAll("img:not([alt])")) faults.push(`no alternative text: ${img.outerHTML.slice(0, 120)}`);
          for (const a of document.querySelectorAll("a[href^='#']"))
            if (a.hash.length > 1 && !document.getElementById(decodeURIComponent(a.hash.slice(1)))) faults.push(`broken anchor ${a.hash}`);
          for (const el of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
            for (const id of `${el.getAttribute("aria-describedby") ?? ""} ${el.getAttribute("aria-labelledby") ?? ""}`.split(" ").filter(Boolean))
              if (!document.getElementById(id)) faults.push(`${name(el)} refers to #${id}, which is not there`);
          const ids = [...document.querySelectorAll("[id]")].map(el => el.id);
          const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
          if (twice.length) faults.push(`ids used twice: ${[...new Set(twice)].slice(0, 5)}`);
          for (const el of document.querySelectorAll("[tabindex]")) if (el.tabIndex > 0) faults.push(`${name(el)} jumps the queue`);
          // Tables and code of cards carry no tabindex; browsers let the keyboard reach what scrolls by themselves.
          for (const el of document.querySelectorAll("body *"))
            if (/auto|scroll/.test(getComputedStyle(el).overflowX) && el.scrollWidth > el.clientWidth + 1 && seen(el) && el.tabIndex < 0 && !el.closest(".card") && !el.querySelector("a[href], button, [tabindex]"))
              faults.push(`${name(el)} scrolls, and no key reaches it`);

          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true }), known = new Map();
          canvas.canvas.width = canvas.canvas.height = 1;
          const rgba = text => {
            if (!known.has(text)) { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); known.set(text, [...canvas.getImageData(0, 0, 1, 1).data]); }
            return known.get(text);
          };
          const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
          const behind = el => { for (; el; el = el.parentElement) { const c = rgba(getComputedStyle(el).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), said = new Set();
          while (walk.nextNode()) {
            const el = walk.currentNode.parentElement;
            if (!walk.currentNode.data.trim() || !seen(el) || el.closest(".visually-hidden, button:disabled, script, option")) continue;
            const style = getComputedStyle(el), size = parseFloat(style.fontSize);
            if (size < 11.9) { if (!said.has("size" + size)) faults.push(`${size} px: ${name(el)}`); said.add("size" + size); }
            const a = light(rgba(style.color).slice(0, 3)), b = light(behind(el).slice(0, 3)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
            const needed = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
            if (ratio < needed && !said.has(style.color + el.tagName)) { said.add(style.color + el.tagName); faults.push(`contrast ${ratio.toFixed(2)}: ${name(el)}`); }
          }
          return faults;
        }
        """;
}

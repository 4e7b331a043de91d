using AngleSharp.Html.Parser;
using ModelZoo.Hub.Cards;

namespace ModelZoo.Tests.Cards;

public sealed class CardHtmlTests
{
    static readonly CardLinkContext Links = new("/acme/vit", "feature/x") { OwnHosts = ["hub.example.com"] };

    static readonly string[] DangerousElements =
        ["script", "style", "iframe", "object", "embed", "form", "svg", "math", "base", "meta", "link", "template", "noscript", "textarea", "button", "video", "audio", "source", "title"];

    /// <summary>Known ways past sanitisers: plain, split, encoded, unclosed, and trees that change when they are parsed again.</summary>
    public static TheoryData<string> Attacks =>
    [
        "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<script", "<script>alert(1)", "<<script>alert(1)//<</script>",
        "<img src=x onerror=alert(1)>", "<img src=x onerror=\"alert(1)\"", "<IMG SRC=\"jav&#x09;ascript:alert(1);\">", "<img/src=`x`onerror=alert(1)>",
        "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<a href=\"javascript:alert(1)\">x</a>", "<a href=\"JaVaScRiPt:alert(1)\">x</a>", "<a href=\" &#14; javascript:alert(1)\">x</a>",
        "<a href=\"java&#10;script:alert(1)\">x</a>", "<a href=\"&#106;&#97;vascript&colon;alert(1)\">x</a>", "<a href=\"vbscript:x\">x</a>",
        "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>", "[x](javascript:alert(1))", "[x](<java\tscript:alert(1)>)", "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x][y]\n\n[y]: javascript:alert(1)", "![x](javascript:alert(1))", "![x](data:image/svg+xml,<svg/onload=alert(1)>)", "<javascript:alert(1)>",
        "<iframe src=\"https://evil.example\"></iframe>", "<iframe srcdoc=\"<script>alert(1)</script>\">", "<object data=x.swf></object>", "<embed src=x>",
        "<form action=/settings><input name=a><button>go</button></form>", "<input type=checkbox onclick=alert(1)>", "<input type=text autofocus onfocus=alert(1)>",
        "<div style=\"position:fixed;inset:0\">x</div>", "<td style=\"background:url(https://evil.example)\">", "<style>@import 'https://evil.example';</style>",
        "<base href=https://evil.example>", "<meta http-equiv=refresh content=\"0;url=https://evil.example\">", "<link rel=stylesheet href=https://evil.example>",
        "<details open ontoggle=alert(1)><summary>x</summary></details>", "<p onmouseover=alert(1)>x</p>", "<b/onclick=alert(1)>x", "<template><script>alert(1)</script></template>",
        "<textarea><img src=x onerror=alert(1)></textarea>", "<xmp><img src=x onerror=alert(1)></xmp>", "<!--><img src=x onerror=alert(1)>-->", "<!-- --!><img src=x onerror=alert(1)>",
        "<![CDATA[<img src=x onerror=alert(1)>]]>", "<?xml <img src=x onerror=alert(1)>?>", "<a href=\"#\" id=\"document.cookie\" name=\"getElementById\">x</a>",
        "<title><a title=\"</title><img src=x onerror=alert(1)>\">", "<select><iframe></select><img src=x onerror=alert(1)>", "<table><td><table onload=alert(1)>",
        "`<img src=x onerror=alert(1)>`", "```html\n<script>alert(1)</script>\n```", "```\"onload=alert(1)\nx\n```", "# <img src=x onerror=alert(1)>", "| a |\n| - |\n| <svg/onload=alert(1)> |",
        "[^1]\n\n[^1]: <script>alert(1)</script>", "> [!NOTE]\n> <script>alert(1)</script>", "<video src=x onerror=alert(1)>", "\0<scr\0ipt>alert(1)</script>", "<a href=\"//evil.example\\@hub\">x</a>",
        "<a\nhref\n=\n\"javascript:alert(1)\"\n>x</a>", "<p class=\"admin modal language-x\" id=content>x</p>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<a title='\"><script>alert(1)</script>' href=x>x</a>",
    ];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void No_attack_comes_through(string markdown) => AssertHarmless(CardHtml.Render(markdown, Links));

    [Fact]
    public void No_attack_comes_through_inside_other_markup()
    {
        var attacks = Attacks.Select(row => row.Data).ToList();
        foreach (var wrap in (string[])["<div>\n{0}\n</div>", "> {0}", "- a\n  - {0}", "<table><tr><td>{0}", "<b><i><a href=x>{0}", "<p title=\"{0}\">x</p>", "text {0} text"])
            foreach (var attack in attacks) AssertHarmless(CardHtml.Render(string.Format(wrap, attack), Links));
        AssertHarmless(CardHtml.Render(string.Join("\n\n", attacks), Links));
        AssertHarmless(CardHtml.Render(string.Concat(attacks), Links));
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "quotes", new string('>', 100_000) }, { "brackets", new string('[', 100_000) }, { "images", string.Concat(Enumerable.Repeat("![", 50_000)) },
        { "lists on a line", string.Concat(Enumerable.Repeat("- ", 50_000)) }, { "closed brackets", string.Concat(Enumerable.Repeat("[a](", 50_000)) },
        { "nested lists", string.Concat(Enumerable.Range(0, 700).Select(i => new string(' ', i * 2) + "- a\n")) },
        { "emphasis", string.Concat(Enumerable.Repeat("*a **b ", 50_000)) }, { "underscores", new string('_', 100_000) + "a" + new string('*', 100_000) },
        { "backquotes", string.Concat(Enumerable.Range(1, 1000).Select(i => new string('`', i) + " ")) }, { "open tags", string.Concat(Enumerable.Repeat("<a ", 100_000)) },
        { "nested divs", string.Concat(Enumerable.Repeat("<div>", 100_000)) }, { "fonts", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"<b id=x{i}>")) + string.Concat(Enumerable.Repeat("<p>", 20_000)) },
        { "cells", string.Concat(Enumerable.Repeat("a|", 5_000)) + "\n" + string.Concat(Enumerable.Repeat("-|", 5_000)) + "\n" + string.Concat(Enumerable.Repeat("|\n", 100_000)) },
        { "references", "[a]: /" + new string('x', 5_000) + "\n\n" + string.Concat(Enumerable.Repeat("[a]\n\n", 20_000)) }, { "headings", string.Concat(Enumerable.Repeat("# a\n", 20_000)) },
        { "entities", string.Concat(Enumerable.Repeat("&amp;", 100_000)) }, { "comments", string.Concat(Enumerable.Repeat("<!--", 100_000)) }, { "attributes", "<a " + string.Concat(Enumerable.Range(0, 80_000).Select(i => $"a{i}=b ")) + ">x</a>" },
        { "tables in tables", string.Concat(Enumerable.Repeat("<table><td><b>", 20_000)) }, { "footnotes", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"[^{i}]: a\n")) },
        { "links", string.Concat(Enumerable.Repeat("[a](b)\n\n", 20_000)) }, { "autolinks", string.Concat(Enumerable.Repeat("http://a ", 80_000)) }, { "backslashes", new string('\\', 200_000) },
        { "too long", new string('a', 2_000_000) }, { "one line", new string('a', 1_000_000) }, { "carriage returns", new string('\r', 500_000) }, { "quote lines", string.Concat(Enumerable.Repeat("> a\n> > b\n", 50_000)) },
        { "tildes", string.Concat(Enumerable.Repeat("~~a ~", 30_000)) }, { "html blocks", string.Concat(Enumerable.Repeat("<div>\n\n", 50_000)) }, { "reference definitions", string.Concat(Enumerable.Range(0, 50_000).Select(i => $"[{i}]: a\n")) },
        { "alerts", string.Concat(Enumerable.Repeat("> [!NOTE]\n> a\n\n", 5_000)) }, { "scripts", string.Concat(Enumerable.Repeat("<script>", 50_000)) },
        { "strikes in paragraphs", string.Concat(Enumerable.Repeat(string.Concat(Enumerable.Repeat("~~a ", 9_900)) + "\n\n", 25)) },
        { "images in paragraphs", string.Concat(Enumerable.Repeat(string.Concat(Enumerable.Repeat("![](", 6_000)) + "\n\n", 40)) }, { "addresses", string.Concat(Enumerable.Repeat("www.a.b ", 100_000)) },
        { "lazy quotes", new string('>', 16) + " a\n" + string.Concat(Enumerable.Repeat("a\n", 100_000)) }, { "indented quotes", string.Concat(Enumerable.Repeat(string.Concat(Enumerable.Repeat("> ", 15)) + "a\n\n", 4_000)) },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Text_made_to_exhaust_is_shown_without_harm_and_in_bounds(string name, string markdown)
    {
        var html = CardHtml.Render(markdown, Links);
        Assert.True(html.Length < 40 * 1024 * 1024, name);
        Assert.True(DepthOf(html) < 300, name);
    }

    [Fact]
    public void Github_flavoured_markdown_is_understood()
    {
        var html = CardHtml.Render("# Hello *World*!\n\n## Hello World\n\n## Hello World\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n\n- [x] done\n- [ ] open\n\n~~old~~ https://other.example/x\n\nnote[^1]\n\n[^1]: foot\n\n> [!WARNING]\n> hot\n\n```python\nprint(1 < 2)\n```\n", Links);
        Assert.Contains("<h1 id=\"user-content-hello-world\">Hello <em>World</em>!</h1>", html);
        Assert.Contains("<h2 id=\"user-content-hello-world-1\">", html);
        Assert.Contains("<h2 id=\"user-content-hello-world-2\">", html);
        Assert.Contains("<td align=\"center\">1</td>", html);
        Assert.Contains("<td align=\"right\">2</td>", html);
        Assert.Contains("<input type=\"checkbox\" disabled checked>", html);
        Assert.Contains("<del>old</del>", html);
        Assert.Contains("<a href=\"https://other.example/x\" rel=\"nofollow noopener ugc\">", html);
        Assert.Contains("href=\"#user-content-fn:1\"", html);
        Assert.Contains("id=\"user-content-fn:1\"", html);
        Assert.Contains("markdown-alert-warning", html);
        Assert.Contains("<code class=\"language-python\">print(1 &lt; 2)", html);
    }

    [Theory]
    [InlineData("[x](docs/a b.md)", "[x](docs/a b.md)")]
    [InlineData("[x](docs/use.md#how-to)", "<a href=\"/acme/vit/blob/feature%2Fx/docs/use.md#how-to\">x</a>")]
    [InlineData("[x](./LICENSE?raw=true)", "<a href=\"/acme/vit/blob/feature%2Fx/LICENSE\">x</a>")]
    [InlineData("[x](docs/)", "<a href=\"/acme/vit/tree/feature%2Fx/docs\">x</a>")]
    [InlineData("[x](../../settings)", "<p>x</p>")]
    [InlineData("[x](%2e%2e/settings)", "<p>x</p>")]
    [InlineData("[x](#use)", "<a href=\"#user-content-use\">x</a>")]
    [InlineData("[x](/acme/other)", "<a href=\"/acme/other\">x</a>")]
    [InlineData("[x](https://hub.example.com/acme)", "<a href=\"https://hub.example.com/acme\">x</a>")]
    [InlineData("[x](//evil.example/a)", "<a href=\"https://evil.example/a\" rel=\"nofollow noopener ugc\">x</a>")]
    [InlineData("[x](mailto:ml@acme.example)", "<a href=\"mailto:ml@acme.example\">x</a>")]
    [InlineData("![A cat](img/cat.png)", "<img src=\"/acme/vit/resolve/feature%2Fx/img/cat.png\" alt=\"A cat\" loading=\"lazy\">")]
    [InlineData("![A cat](https://other.example/cat.png)", "<a href=\"https://other.example/cat.png\" rel=\"nofollow noopener ugc\">A cat</a>")]
    [InlineData("[![CI](https://other.example/ci.svg)](https://other.example/ci)", "<a href=\"https://other.example/ci\" rel=\"nofollow noopener ugc\">CI</a>")]
    [InlineData("<a name=\"top\">\n\n[x](#top)", "<a href=\"#user-content-top\">x</a>")]
    [InlineData("<a id=\"user-content-top\"></a>", "<a id=\"user-content-top\"></a>")]
    [InlineData("1 < 2 & 3 > 2 \"q\"", "<p>1 &lt; 2 &amp; 3 &gt; 2 &quot;q&quot;</p>")]
    public void Links_and_pictures_lead_into_the_revision(string markdown, string html) => Assert.Contains(html, CardHtml.Render(markdown, Links));

    [Fact]
    public void Links_of_a_file_in_a_folder_start_there_and_remote_pictures_can_be_allowed()
    {
        var html = CardHtml.Render("[x](../a.md) ![p](b.png) ![r](https://other.example/c.png)", Links with { Folder = "docs/en", AllowRemoteImages = true });
        Assert.Contains("/acme/vit/blob/feature%2Fx/docs/a.md", html);
        Assert.Contains("/acme/vit/resolve/feature%2Fx/docs/en/b.png", html);
        Assert.Contains("<img src=\"https://other.example/c.png\" alt=\"r\" loading=\"lazy\" referrerpolicy=\"no-referrer\">", html);
    }

    [Fact]
    public void Unclosed_list_items_and_anchors_do_not_swallow_the_rest()
    {
        var html = CardHtml.Render(string.Concat(Enumerable.Range(0, 200).Select(i => $"<li>item {i}\n")) + "\n\n<a name=\"x\">\n\n**bold** and [link](a.md)\n", Links);
        Assert.Equal(200, html.Split("<li>").Length - 1);
        Assert.Contains("<strong>bold</strong>", html);
        Assert.Contains("blob/feature%2Fx/a.md", html);
    }

    [Fact]
    public void The_limits_let_through_what_people_write_and_stop_what_they_do_not()
    {
        Assert.True(MarkdownLimits.Allow("| a | b |\n|---|---|\n" + string.Concat(Enumerable.Repeat("| [**x**](y) | ![i](j) |\n", 1_000))));
        Assert.True(MarkdownLimits.Allow(string.Concat(Enumerable.Range(0, 12).Select(i => new string(' ', i * 4) + "- item\n"))));
        Assert.False(MarkdownLimits.Allow(new string('>', MarkdownLimits.MaxContainers + 1)));
        Assert.False(MarkdownLimits.Allow(new string('[', MarkdownLimits.MaxOpenBrackets + 1)));
        Assert.False(MarkdownLimits.Allow(new string(' ', MarkdownLimits.MaxIndent + 1) + "a"));
        Assert.False(MarkdownLimits.Allow(new string('*', 20_001)));
    }

    static void AssertHarmless(string html)
    {
        // Read twice, as a browser that is given the page and then its own serialisation: nothing may come to life.
        var parser = new HtmlParser();
        for (var round = 0; round < 2; round++)
        {
            using var document = parser.ParseDocument($"<!doctype html><html><head></head><body>{html}</body></html>");
            foreach (var element in document.Body!.QuerySelectorAll("*"))
            {
                Assert.DoesNotContain(element.LocalName, DangerousElements);
                Assert.Equal("http://www.w3.org/1999/xhtml", element.NamespaceUri);
                foreach (var attribute in element.Attributes)
                {
                    Assert.False(attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name is "style" or "srcset" or "srcdoc" or "action" or "formaction", html);
                    if (attribute.Name is "href" or "src") Assert.True(IsHarmlessAddress(attribute.Value), $"{attribute.Value} in {html}");
                    if (attribute.Name == "id") Assert.StartsWith("user-content-", attribute.Value);
                    if (attribute.Name == "src") Assert.StartsWith("/", attribute.Value);
                    if (attribute.Name == "class") Assert.DoesNotContain("modal", attribute.Value);
                }
                if (element.LocalName == "input") Assert.True(element.HasAttribute("disabled"), html);
            }
            Assert.Empty(document.Head!.Children);
            html = document.Body.InnerHtml;
        }
    }

    static bool IsHarmlessAddress(string url) =>
        url.StartsWith("https://", StringComparison.Ordinal) || url.StartsWith("http://", StringComparison.Ordinal) || url.StartsWith("mailto:", StringComparison.Ordinal)
        || url.StartsWith('#') || (url.StartsWith('/') && !url.StartsWith("//", StringComparison.Ordinal) && !url.StartsWith("/\\", StringComparison.Ordinal));

    static int DepthOf(string html)
    {
        var (depth, deepest) = (0, 0);
        for (var i = 0; i + 1 < html.Length; i++)
        {
            if (html[i] != '<') continue;
            if (html[i + 1] == '/') depth--;
            else if (!(html.AsSpan(i).StartsWith("<img") || html.AsSpan(i).StartsWith("<br") || html.AsSpan(i).StartsWith("<hr") || html.AsSpan(i).StartsWith("<input"))) deepest = Math.Max(deepest, ++depth);
        }
        return deepest;
    }
}

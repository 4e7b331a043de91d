using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

/// <summary>What every page keeps to, whatever it shows.</summary>
public sealed class PageTests
{
    public static TheoryData<string> Names => [.. SamplePages.All.Select(p => p.Name)];

    public static TheoryData<string> PageTypes => [.. SamplePages.All.Select(p => p.Component.Name).Distinct()];

    [Theory, MemberData(nameof(Names))]
    public async Task A_page_keeps_the_house_rules(string name)
    {
        var sample = SamplePages.All.Single(p => p.Name == name);

        var html = await PageRenderer.RenderAsync(sample.Component, sample.Model);

        Assert.True(Encoding.UTF8.GetByteCount(html) < 60_000, $"{name} has {html.Length} characters.");
        var page = new HtmlParser().ParseDocument(html);
        Assert.Equal(["en"], page.QuerySelectorAll("html").Select(e => e.GetAttribute("lang")));
        Assert.Single(page.QuerySelectorAll("h1"));
        Assert.Single(page.QuerySelectorAll("main"));
        Assert.Single(page.QuerySelectorAll("body > header"));
        Assert.Single(page.QuerySelectorAll("body > footer"));
        Assert.Single(page.QuerySelectorAll("meta[name=viewport]"));
        Assert.NotEmpty(page.Title ?? "");
        AssertNothingInline(page);
        AssertLabelled(page);
        AssertLinks(page);
        AssertForms(page);
        AssertIds(page);
    }

    [Theory, MemberData(nameof(PageTypes))]
    public async Task Hostile_text_stays_text(string typeName)
    {
        var component = SamplePages.All.First(p => p.Component.Name == typeName).Component;
        var model = Hostile.Fill(component.GetProperty("Model")!.PropertyType);

        var html = await PageRenderer.RenderAsync(component, model);

        var page = new HtmlParser().ParseDocument(html);
        Assert.Equal(["/assets/"], page.QuerySelectorAll("script").Select(s => s.GetAttribute("src")![..8]));
        Assert.Empty(page.QuerySelectorAll("img"));
        Assert.Contains(Hostile.Text, page.DocumentElement.TextContent, StringComparison.Ordinal);
        AssertNothingInline(page);
        AssertLinks(page);
    }

    static void AssertNothingInline(IDocument page)
    {
        foreach (var script in page.QuerySelectorAll("script")) Assert.Equal("", script.TextContent);
        Assert.Empty(page.QuerySelectorAll("style, [style], iframe, object, embed, base"));
        foreach (var element in page.All)
            Assert.DoesNotContain(element.Attributes, a => a.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase));
    }

    static void AssertLabelled(IDocument page)
    {
        foreach (var input in page.QuerySelectorAll("input:not([type=hidden]), select, textarea, progress, meter"))
        {
            var labelled = input.HasAttribute("aria-label") || page.QuerySelectorAll("label").Any(l => l.GetAttribute("for") == input.Id && l.TextContent.Trim().Length > 0);
            Assert.True(labelled, $"No label: {input.OuterHtml}");
        }
        foreach (var control in page.QuerySelectorAll("button, a, summary"))
            Assert.True(control.HasAttribute("aria-label") || control.TextContent.Trim().Length > 0, $"No words: {control.OuterHtml}");
        foreach (var region in page.QuerySelectorAll("nav, aside, [role=region]"))
            Assert.True(region.HasAttribute("aria-label"), $"No name: {region.ClassName} {region.LocalName}");
        foreach (var id in page.QuerySelectorAll("[aria-describedby]").SelectMany(e => e.GetAttribute("aria-describedby")!.Split(' ')))
            Assert.NotNull(page.GetElementById(id));
    }

    static void AssertLinks(IDocument page)
    {
        var targets = page.QuerySelectorAll("[href]").Select(e => e.GetAttribute("href")!)
            .Concat(page.QuerySelectorAll("[action]").Select(e => e.GetAttribute("action")!))
            .Concat(page.QuerySelectorAll("[src]").Select(e => e.GetAttribute("src")!));
        foreach (var target in targets)
        {
            var ok = Href.TryLocal(target, out _) || Href.TryElsewhere(target, out _);
            Assert.True(ok && !target.AsSpan().ContainsAny("<>\"' "), $"Not an address: {target}");
            if (target.StartsWith('#')) Assert.NotNull(page.GetElementById(target[1..]));
        }
    }

    static void AssertForms(IDocument page)
    {
        foreach (var form in page.QuerySelectorAll("form"))
        {
            if (form.GetAttribute("method") == "post") Assert.Single(form.QuerySelectorAll("input[type=hidden][name=__csrf]"));
            else Assert.Equal("get", form.GetAttribute("method"));
            foreach (var button in form.QuerySelectorAll("button")) Assert.NotEqual("button", button.GetAttribute("type"));
        }
    }

    static void AssertIds(IDocument page)
    {
        var ids = page.QuerySelectorAll("[id]").Select(e => e.Id).ToList();
        Assert.Equal(ids.Distinct(), ids);
        // A skipped level loses those who move by headings.
        var level = 0;
        foreach (var heading in page.QuerySelectorAll("main h1, main h2, main h3").Where(h => h.Closest(".card") is null))
        {
            var next = heading.LocalName[1] - '0';
            Assert.True(next <= level + 1, $"Heading '{heading.TextContent.Trim()}' skips a level.");
            level = next;
        }
    }
}

using ModelZoo.Hub.Web;

namespace ModelZoo.Tests.Web;

/// <summary>Writes the sample pages as files, to look at them in a browser. Serve the folder with any static file server.</summary>
public sealed class SamplePageFiles
{
    [Fact]
    public async Task Sample_pages_are_written_where_asked()
    {
        var folder = Environment.GetEnvironmentVariable("MODELZOO_SAMPLE_PAGES");
        Assert.SkipWhen(string.IsNullOrEmpty(folder), "MODELZOO_SAMPLE_PAGES names no folder: sample pages are for people who want to look at them.");
        Directory.CreateDirectory(Path.Combine(folder!, "assets"));
        var assets = new Assets();
        foreach (var link in new[] { assets.Links.Stylesheet, assets.Links.Script, assets.Links.Icon })
            await File.WriteAllBytesAsync(Path.Combine(folder!, link[1..]), assets.Find(Path.GetFileName(link))!.Plain);
        foreach (var page in SamplePages.All)
            await File.WriteAllTextAsync(Path.Combine(folder!, page.Name + ".html"), await PageRenderer.RenderAsync(page.Component, page.Model));
    }
}

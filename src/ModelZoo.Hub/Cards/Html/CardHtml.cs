using System.Text.Encodings.Web;
using AngleSharp.Html.Parser;
using Markdig;

namespace ModelZoo.Hub.Cards;

/// <summary>
/// A card's Markdown as HTML that can be put into a page. Raw HTML in the text takes the same way as everything else: bounded,
/// parsed as a browser parses, and written anew from an allow-list, so that nothing of the original markup survives.
/// </summary>
static class CardHtml
{
    /// <summary>Longest text that is read as Markdown, in characters.</summary>
    public const int MaxLength = 1024 * 1024;

    /// <summary>Longest HTML between the steps. References let a short text ask for a long one.</summary>
    const int MaxHtmlLength = 8 * 1024 * 1024;

    static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseTaskLists().UseAutoLinks().UseFootnotes().UseAlertBlocks()
        .UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough)
        .Build();

    public static string Render(string markdownBody, CardLinkContext links)
    {
        if (markdownBody.Length > MaxLength) return Plain(markdownBody[..MaxLength], "This text is too long to be shown as Markdown; its beginning follows as it is.");
        if (!MarkdownLimits.Allow(markdownBody) || TryMarkdown(markdownBody) is not { } html)
            return Plain(markdownBody, "This text is nested or repeated too much to be shown as Markdown; it follows as it is.");
        var balanced = HtmlBalancer.Balance(html);
        using var document = new HtmlParser().ParseDocument($"<!doctype html><html><body>{balanced}</body></html>");
        return new HtmlSanitizer(links).Write(document.Body!);
    }

    static string? TryMarkdown(string markdown)
    {
        var writer = new BoundedWriter(MaxHtmlLength);
        try
        {
            Markdown.ToHtml(markdown, writer, Pipeline);
            return writer.ToString();
        }
        catch (ArgumentException)
        {
            return null;        // Markdig's own bound on nesting
        }
        catch (BoundedWriter.FullException)
        {
            return null;
        }
    }

    static string Plain(string text, string why) => $"<p>{why}</p>\n<pre>{HtmlEncoder.Default.Encode(text)}</pre>";
}

namespace ModelZoo.Hub.Web.Pages.Docs;

/// <summary>What the numbers and words on the pages mean.</summary>
public sealed record FactsPageModel(PageFrame Frame);

namespace ModelZoo.Hub.Web.Pages.Docs;

/// <summary>How each client is told to use this hub.</summary>
public sealed record ConnectPageModel(PageFrame Frame);

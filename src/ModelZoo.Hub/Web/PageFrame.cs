namespace ModelZoo.Hub.Web;

/// <summary>Who looks at the page.</summary>
public sealed record Viewer(string Handle, bool IsAdministrator);

/// <summary>The hidden field that proves a form came from one of our pages.</summary>
public sealed record AntiforgeryField(string Name, string Value);

/// <summary>A sentence at the top of a page. <paramref name="Kind"/> is good, warn or bad.</summary>
public sealed record Notice(string Kind, string Text);

/// <summary>What every page needs and no page decides: who looks, what time it is, where the assets are.</summary>
public sealed record PageFrame
{
    public required AssetLinks Assets { get; init; }
    public required DateTimeOffset Now { get; init; }

    /// <summary>The public address of the hub, without a slash at its end; snippets repeat it.</summary>
    public required string BaseUrl { get; init; }

    public string HubName { get; init; } = "ModelZoo";
    public string Version { get; init; } = "";
    public Viewer? Viewer { get; init; }
    public AntiforgeryField? Antiforgery { get; init; }

    /// <summary>Which entry of the top bar is underlined: models, datasets, spaces, jobs, admin or nothing.</summary>
    public string Section { get; init; } = "";

    /// <summary>What stands in the search field.</summary>
    public string? Query { get; init; }

    /// <summary>This page's own path and query, to come back to after signing in.</summary>
    public string Here { get; init; } = "/";

    public Notice? Notice { get; init; }
}

namespace ModelZoo.Hub.Web.Pages.Login;

/// <param name="Next">A path on this hub to go to afterwards.</param>
public sealed record LoginPageModel(PageFrame Frame, string? Next, FormState Form)
{
    /// <summary>Nobody has signed in yet: say where the first password was printed.</summary>
    public bool IsFirstStart { get; init; }
}

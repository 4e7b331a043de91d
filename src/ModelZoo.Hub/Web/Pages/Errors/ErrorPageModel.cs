namespace ModelZoo.Hub.Web.Pages.Errors;

/// <summary>No, and why you may know it.</summary>
/// <param name="Message">A sentence of ours; null when the status says all there is to say.</param>
/// <param name="RequestId">What to quote to whoever runs the hub.</param>
public sealed record ErrorPageModel(PageFrame Frame, int Status, string? Message, string RequestId)
{
    public string Title => Status switch
    {
        400 or 422 => "That does not work",
        401 => "Sign in first",
        403 => "Not yours to do",
        404 => "Nothing here",
        409 or 412 => "Somebody was faster",
        413 => "Too large",
        429 => "Too many requests",
        503 => "Not now",
        _ => "Something broke",
    };
}

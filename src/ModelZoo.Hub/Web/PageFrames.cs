using System.Reflection;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web;

/// <summary>Makes the part of a page that no page decides.</summary>
sealed class PageFrames(Assets assets, PublicAddress address, TimeProvider time)
{
    static readonly string s_version =
        typeof(PageFrames).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>What a redirect after a form may ask the next page to say. Anything else in the address is ignored.</summary>
    static readonly Dictionary<string, Notice> s_notices = new()
    {
        ["saved"] = new("good", "Saved."),
        ["created"] = new("good", "Created."),
        ["deleted"] = new("good", "Deleted."),
        ["committed"] = new("good", "Committed."),
        ["moved"] = new("good", "It has a new address now; the old one leads here."),
        ["merged"] = new("good", "Merged."),
        ["squashed"] = new("good", "The history of the branch is one commit now."),
        ["revoked"] = new("good", "The token is revoked and works no more."),
        ["enqueued"] = new("good", "The job is in the queue."),
        ["password"] = new("good", "The password is changed. Other browsers are signed out."),
        ["in"] = new("good", "Signed in."),
        ["marked"] = new("good", "It stands beside the score now."),
        ["lifted"] = new("good", "The mark is taken back."),
        ["submitted"] = new("good", "The result is in."),
        ["out"] = new("good", "Signed out."),
    };

    public PageFrame For(HttpContext http, string section = "", string? query = null) => new()
    {
        Assets = assets.Links,
        Now = time.GetUtcNow(),
        BaseUrl = address.Of(http),
        Version = s_version,
        Section = section,
        Query = query,
        Viewer = (http.Features.Get<Actor>() ?? Actor.Nobody) is { Account: { } account } actor ? new(account.Handle, actor.IsAdministrator) : null,
        Antiforgery = FormGuard.For(http),
        Here = HttpMethods.IsGet(http.Request.Method) && Href.TryLocal(http.Request.Path.ToUriComponent() + http.Request.QueryString, out var here) ? here.Value : "/",
        Notice = s_notices.GetValueOrDefault(http.Request.Query["notice"].ToString()),
    };
}

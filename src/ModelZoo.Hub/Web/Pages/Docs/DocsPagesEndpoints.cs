using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ModelZoo.Hub.Web.Pages.Docs;

/// <summary>/docs/…: how to connect, and what the numbers mean.</summary>
static class DocsPagesEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPublicPage("/docs", () => PageRouting.SeeOther("/docs/connect"));
        app.MapPublicPage("/docs/connect", (HttpContext http, PageFrames frames) => new PageResult<ConnectPage>(new ConnectPageModel(frames.For(http))));
        app.MapPublicPage("/docs/facts", (HttpContext http, PageFrames frames) => new PageResult<FactsPage>(new FactsPageModel(frames.For(http))));
    }
}

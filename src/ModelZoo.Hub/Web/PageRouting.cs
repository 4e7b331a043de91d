using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web;

/// <summary>The forms of address that pages have.</summary>
static class PageRouting
{
    /// <summary>A page that anybody may ask for; what it shows still depends on who does.</summary>
    public static void MapPublicPage(this IEndpointRouteBuilder app, string pattern, Delegate handler, string reason = "a page for everybody") =>
        app.MapMethods(pattern, ["GET", "HEAD"], handler).WithMetadata(new Public(reason));

    public static void MapPage(this IEndpointRouteBuilder app, string pattern, Delegate handler) => app.MapMethods(pattern, ["GET", "HEAD"], handler);

    /// <summary>Takes a form: its handler has a <see cref="PostedForm"/> among its parameters.</summary>
    public static RouteHandlerBuilder MapForm(this IEndpointRouteBuilder app, string pattern, Delegate handler) =>
        app.MapPost(pattern, handler).WithMetadata(new AntiforgeryChecked());

    /// <summary>"/{owner}/{name}{tail}" for models, "/datasets/{owner}/{name}{tail}" for data sets, likewise for spaces.</summary>
    public static void MapRepositoryPage(this IEndpointRouteBuilder app, string tail, Delegate handler)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
            app.MapMethods($"/{kind.AddressPrefix()}{{owner}}/{{name}}{tail}", ["GET", "HEAD"], handler).WithMetadata(new AddressedKind(kind));
    }

    public static void MapRepositoryForm(this IEndpointRouteBuilder app, string tail, Delegate handler)
    {
        foreach (var kind in Enum.GetValues<RepositoryKind>())
            app.MapForm($"/{kind.AddressPrefix()}{{owner}}/{{name}}{tail}", handler).WithMetadata(new AddressedKind(kind));
    }

    /// <summary>After a form: get the page, so that reloading it does not send the form again.</summary>
    public static IResult SeeOther(string target, string? notice = null)
    {
        if (notice is null) return new SeeOtherResult(target);
        var hash = target.IndexOf('#');
        var (path, anchor) = hash < 0 ? (target, "") : (target[..hash], target[hash..]);
        return new SeeOtherResult($"{path}{(path.Contains('?') ? '&' : '?')}notice={notice}{anchor}");
    }

    sealed class SeeOtherResult(string target) : IResult
    {
        public Task ExecuteAsync(HttpContext http)
        {
            http.Response.StatusCode = StatusCodes.Status303SeeOther;
            http.Response.Headers.Location = target;
            return Task.CompletedTask;
        }
    }
}

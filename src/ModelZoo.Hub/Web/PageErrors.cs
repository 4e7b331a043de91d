using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Pages.Errors;

namespace ModelZoo.Hub.Web;

/// <summary>Says a refusal as a page. Who is nobody and asks for a page that needs somebody is led to the sign-in.</summary>
static class PageErrors
{
    public static readonly Dialect Dialect = new(WriteAsync);

    static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        var isNobody = (http.Features.Get<Actor>() ?? Actor.Nobody).IsNobody;
        // To nobody a private repository answers like a missing one, and so does its page.
        var status = refusal.Missing == MissingThing.Repository ? 404 : RefusalStatus.Of(refusal.Kind);
        if (http.Request.Headers.Accept == "application/json")
        {
            http.Response.StatusCode = status;
            await http.Response.WriteAsJsonAsync(new { error = refusal.Message });
            return;
        }
        // Whoever sends a token is a program: it is told that the token is wrong instead.
        if (status == 401 && isNobody && !refusal.BadCredentials && (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)))
        {
            http.Response.Redirect($"/login?next={Uri.EscapeDataString(http.Request.Path.ToUriComponent() + http.Request.QueryString)}");
            return;
        }
        if (refusal.RetryAfter is { } wait) http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString();
        var message = status is 401 or 500 || refusal.Missing == MissingThing.Repository ? null : refusal.Message;
        var frame = http.RequestServices.GetRequiredService<PageFrames>().For(http);
        await new PageResult<ErrorPage>(new ErrorPageModel(frame, status, message, http.TraceIdentifier), status).ExecuteAsync(http);
    }
}

using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Web;

/// <summary>
/// A page as the answer to a request: one component, one record, one HTML document. Rendered whole before the first byte
/// leaves, so that an error in a component is a 500 and not half a page. (RazorComponentResult would do as well, but brings
/// services for forms, state and data protection that static pages do not use.)
/// </summary>
sealed class PageResult<TPage>(object model, int status = StatusCodes.Status200OK) : IResult where TPage : IComponent
{
    public async Task ExecuteAsync(HttpContext http)
    {
        await using var renderer = new HtmlRenderer(http.RequestServices, http.RequestServices.GetRequiredService<ILoggerFactory>());
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(new Dictionary<string, object?> { ["Model"] = model }))).ToHtmlString());
        var bytes = Encoding.UTF8.GetBytes(html);
        var response = http.Response;
        PageSecurity.Apply(response.Headers);
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}

using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web;

/// <summary>The form token as a hidden field, and its refusal in the words for a person.</summary>
static class FormGuard
{
    public const string Field = "form-token";

    public static AntiforgeryField For(HttpContext http) => new(Field, FormToken.For(http));

    /// <exception cref="Refusal">The form does not come from one of our pages.</exception>
    public static void Check(HttpContext http, string? token)
    {
        if (!FormToken.IsValid(http, token))
            throw Refusal.Forbidden("This form is too old or was not made by this hub. Go back, load the page again and send it once more.");
    }
}

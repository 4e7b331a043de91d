using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web.Pages.Login;

/// <summary>/login/device: a person lets a program sign in that shows a code. Always asks before it approves, also when the code came in the address.</summary>
static class DevicePageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPage("/login/device", AskAsync);
        app.MapForm("/login/device", AnswerAsync).WithMetadata(new Limited(RateClass.SignIn));
    }

    static async Task<IResult> AskAsync(SignedIn me, HttpContext http, PageFrames frames, DeviceLoginStore logins, CancellationToken stop)
    {
        _ = me;
        var code = http.Request.Query["code"].ToString();
        return code.Length == 0
            ? Page(http, frames, DeviceStep.AskCode, null, null, FormState.Empty)
            : await ConfirmAsync(code, FormState.Empty, http, frames, logins, stop);
    }

    static async Task<IResult> AnswerAsync(SignedIn me, PostedForm form, HttpContext http, PageFrames frames, DeviceLoginStore logins, CancellationToken stop)
    {
        me.RequireWrite();
        var code = form.Text("code");
        switch (form.Text("action"))
        {
            case "approve":
                if (await logins.ApproveAsync(code, me.Account, stop)) return Page(http, frames, DeviceStep.Approved, code, null, FormState.Empty);
                break;
            case "refuse":
                if (await logins.DenyAsync(code, me.Account, stop)) return Page(http, frames, DeviceStep.Refused, code, null, FormState.Empty);
                break;
        }
        return await ConfirmAsync(code, form.State(), http, frames, logins, stop);
    }

    static async Task<IResult> ConfirmAsync(string code, FormState form, HttpContext http, PageFrames frames, DeviceLoginStore logins, CancellationToken stop)
    {
        if (await logins.FindByUserCodeAsync(code, stop) is { } login) return Page(http, frames, DeviceStep.Confirm, login.UserCode, login.ClientId, FormState.Empty);
        var unknown = form with { Errors = new Dictionary<string, string> { ["code"] = "No program waits under this code. It may be mistyped, too old or answered already." } };
        return Page(http, frames, DeviceStep.AskCode, code.Length <= 20 ? code : null, null, unknown, StatusCodes.Status404NotFound);
    }

    static PageResult<DevicePage> Page(HttpContext http, PageFrames frames, DeviceStep step, string? code, string? client, FormState form, int status = StatusCodes.Status200OK) =>
        new(new DevicePageModel(frames.For(http), step, code, client, form), status);
}

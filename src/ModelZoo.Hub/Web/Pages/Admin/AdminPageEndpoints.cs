using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web.Pages.Admin;

/// <summary>/admin: is the hub well, and who may use it.</summary>
static class AdminPageEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPage("/admin", async (Administrator me, HttpContext http, AdminPageLoader page, CancellationToken stop) =>
        {
            _ = me;
            return (IResult)new PageResult<AdminPage>(await page.LoadAsync(http, stop));
        });
        app.MapForm("/admin/accounts", CreateAccountAsync);
        app.MapForm("/admin/accounts/change", ChangeAccountAsync);
        app.MapForm("/admin/maintenance", MaintainAsync);
    }

    static async Task<IResult> CreateAccountAsync(Administrator me, PostedForm form, HttpContext http, AdminPageLoader page, AccountStore accounts, CancellationToken stop)
    {
        _ = me;
        var password = Secrets.NewText(16);
        try
        {
            var email = form.Text("email") is { Length: > 0 } text ? text : null;
            var account = await accounts.CreateAsync(form.Text("handle"), form.Text("fullName"), email, SignIn.Hash(password), form.IsOn("administrator"), stop);
            return new PageResult<AdminPage>(await page.LoadAsync(http, stop) with { NewPassword = password, NewPasswordFor = account.Handle }, StatusCodes.Status201Created);
        }
        catch (Refusal refusal)
        {
            return new PageResult<AdminPage>(await page.LoadAsync(http, stop) with { NewAccount = form.State(errors: ("handle", refusal.Message)) }, RefusalStatus.Of(refusal.Kind));
        }
    }

    static async Task<IResult> ChangeAccountAsync(Administrator me, PostedForm form, HttpContext http, AdminPageLoader page, AccountStore accounts, CancellationToken stop)
    {
        var account = await accounts.FindAsync(form.Text("handle"), stop) ?? throw Refusal.NotFound("There is no such account.");
        switch (form.Text("action"))
        {
            case "reset":
                var password = Secrets.NewText(16);
                await accounts.SetPasswordHashAsync(account.Id, SignIn.Hash(password), stop);
                return new PageResult<AdminPage>(await page.LoadAsync(http, stop) with { NewPassword = password, NewPasswordFor = account.Handle });
            case "disable" when account.Id == me.Account.Id:
                throw Refusal.Invalid("You cannot disable yourself: nobody might be left to undo it.");
            case "disable" or "enable":
                await accounts.SetDisabledAsync(account.Id, form.Text("action") == "disable", stop);
                return PageRouting.SeeOther("/admin#accounts", "saved");
            default:
                throw Refusal.Invalid("There is no such action.");
        }
    }

    static async Task<IResult> MaintainAsync(Administrator me, PostedForm form, AdminPageLoader page, JobStore jobs, JobBell bell, CancellationToken stop)
    {
        var task = page.Tasks.FirstOrDefault(t => t.Value == form.Text("task")) ?? throw Refusal.Invalid("This hub has no such task.");
        var id = await jobs.EnqueueAsync(new NewJob(task.Value, "{}", Subject: "hub", AccountId: me.Account.Id), stop);
        bell.Ring();
        return PageRouting.SeeOther(id is null ? "/jobs" : $"/jobs/{id}", "enqueued");
    }
}

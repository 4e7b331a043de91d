using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

sealed record AccountAnswer(string Id, string Handle, string FullName, string? Email, bool IsAdministrator, bool IsDisabled, string CreatedAt)
{
    public static AccountAnswer Of(Account account) => new(Ids.ToWire(account.Id), account.Handle, account.FullName, account.Email,
        account.IsAdministrator, account.DisabledAt is not null, Clock.Iso(account.CreatedAt));
}

/// <param name="Password">Absent: the hub draws one and answers with it.</param>
sealed record NewAccountRequest(string? Handle, string? FullName, string? Email, string? Password, bool Administrator);

/// <param name="Password">The password the hub drew; shown this once. Null when the caller chose it.</param>
sealed record NewAccountAnswer(AccountAnswer Account, string? Password);

/// <summary>Fields left out stay as they are.</summary>
sealed record AccountChangeRequest(bool? IsDisabled, bool? IsAdministrator, string? FullName, string? Email);

/// <param name="Password">Absent: the hub draws one and answers with it.</param>
sealed record NewPasswordRequest(string? Password);

sealed record NewPasswordAnswer(string? Password);

/// <summary>All accounts, for administrators of the hub.</summary>
static class AccountEndpoints
{
    const int DrawnLength = 20;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Base}/accounts", ListAsync)
            .Describe<IReadOnlyList<AccountAnswer>>("listAccounts", "accounts", "All accounts");
        app.MapPost($"{ZooRoutes.Base}/accounts", CreateAsync)
            .Describe<NewAccountAnswer>("createAccount", "accounts", "Make an account").ProducesProblem(409);
        app.MapGet($"{ZooRoutes.Base}/accounts/{{handle}}", async (string handle, Administrator _, AccountStore accounts, CancellationToken stop) =>
                Results.Json(AccountAnswer.Of(await GetAsync(handle, accounts, stop))))
            .Describe<AccountAnswer>("getAccount", "accounts", "One account").ProducesProblem(404);
        app.MapPatch($"{ZooRoutes.Base}/accounts/{{handle}}", ChangeAsync)
            .Describe<AccountAnswer>("changeAccount", "accounts", "Disable or enable an account, make it an administrator or not, change its profile").ProducesProblem(404);
        app.MapPut($"{ZooRoutes.Base}/accounts/{{handle}}/password", SetPasswordAsync)
            .Describe<NewPasswordAnswer>("setPassword", "accounts", "Set an account's password; ends its browser sessions").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(Administrator _, AccountStore accounts, CancellationToken stop) =>
        Results.Json((await accounts.ListAsync(stop)).Select(AccountAnswer.Of));

    static async Task<IResult> CreateAsync(NewAccountRequest wanted, Administrator _, AccountStore accounts, CancellationToken stop)
    {
        var drawn = string.IsNullOrEmpty(wanted.Password) ? Secrets.NewText(DrawnLength) : null;
        var account = await accounts.CreateAsync(
            wanted.Handle ?? "", wanted.FullName ?? "", wanted.Email, SignIn.Hash(drawn ?? wanted.Password!), wanted.Administrator, stop);
        return Results.Json(new NewAccountAnswer(AccountAnswer.Of(account), drawn));
    }

    static async Task<IResult> ChangeAsync(string handle, AccountChangeRequest wanted, Administrator _, AccountStore accounts, CancellationToken stop)
    {
        var account = await GetAsync(handle, accounts, stop);
        if (wanted.FullName is not null || wanted.Email is not null)
            await accounts.SetProfileAsync(account.Id, wanted.FullName ?? account.FullName, wanted.Email ?? account.Email, stop);
        if (wanted.IsAdministrator is { } administrator && administrator != account.IsAdministrator) await accounts.SetAdministratorAsync(account.Id, administrator, stop);
        if (wanted.IsDisabled is { } disabled && disabled != account.DisabledAt is not null) await accounts.SetDisabledAsync(account.Id, disabled, stop);
        return Results.Json(AccountAnswer.Of(await GetAsync(handle, accounts, stop)));
    }

    static async Task<IResult> SetPasswordAsync(string handle, NewPasswordRequest wanted, Administrator _, AccountStore accounts, CancellationToken stop)
    {
        var account = await GetAsync(handle, accounts, stop);
        var drawn = string.IsNullOrEmpty(wanted.Password) ? Secrets.NewText(DrawnLength) : null;
        await accounts.SetPasswordHashAsync(account.Id, SignIn.Hash(drawn ?? wanted.Password!), stop);
        return Results.Json(new NewPasswordAnswer(drawn));
    }

    internal static async Task<Account> GetAsync(string handle, AccountStore accounts, CancellationToken stop) =>
        await accounts.FindAsync(handle, stop) ?? throw Refusal.NotFound("There is no such account.");
}

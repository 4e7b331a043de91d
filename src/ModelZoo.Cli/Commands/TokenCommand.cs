using System.CommandLine;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo token create | list | revoke`: access tokens of a ModelZoo hub.</summary>
static class TokenCommand
{
    public static Command Build() => new("token", "Make, list and revoke access tokens") { BuildCreate(), BuildList(), BuildRevoke() };

    static Command BuildCreate()
    {
        var name = new Argument<string>("NAME") { Description = "A name to recognise it by" };
        var role = new Option<string>("--role") { Description = "read, write or fineGrained", DefaultValueFactory = _ => "read" };
        role.AcceptOnlyFromAmong("read", "write", "fineGrained");
        var repositories = new Option<string[]>("--repo") { Description = "For fineGrained: a repository it may touch (repeatable)" };
        var days = new Option<int?>("--expires-in-days") { Description = "Days until it stops working [default: never]" };
        return HubCall.On(new Command("create", "Make an access token; it is shown once") { name, role, repositories, days, HubCall.Json }, async call =>
        {
            var limited = call.Get(repositories) is { Length: > 0 } list ? list : null;
            if (limited is not null && call.Get(role) != "fineGrained") throw new UsageException("--repo goes with --role fineGrained.");
            var made = await call.Zoo.CreateTokenAsync(new(call.Get(name), call.Get(role)!, limited, call.Get(days)), call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(made);
            else call.Screen.Line(made.Token);
        });
    }

    static Command BuildList() => HubCall.On(new Command("list", "List access tokens") { HubCall.Json }, async call =>
    {
        var tokens = await call.Zoo.ListTokensAsync(call.Stop);
        if (call.Screen.IsJson) call.Screen.Json(tokens);
        else
            call.Screen.Table(["id", "name", "role", "made", "last used", "expires"], [.. tokens.Select(t => (string[])[
                t.Id, t.Name ?? "", t.Role ?? "", Screen.Date(t.CreatedAt), Screen.Date(t.LastUsedAt), Screen.Date(t.ExpiresAt)])]);
    });

    static Command BuildRevoke()
    {
        var id = new Argument<string>("ID") { Description = "As zoo token list shows it" };
        return HubCall.On(new Command("revoke", "Revoke an access token at once") { id }, async call =>
        {
            await call.Zoo.RevokeTokenAsync(call.Get(id), call.Stop);
            call.Screen.Line($"Revoked {call.Get(id)}.");
        });
    }
}

using System.CommandLine;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo whoami`.</summary>
static class WhoAmICommand
{
    public static Command Build() => HubCall.On(new Command("whoami", "Say who the token belongs to") { HubCall.Json }, async call =>
    {
        var identity = await call.Zoo.WhoAmIAsync(call.Stop);
        if (call.Screen.IsJson)
        {
            call.Screen.Json(identity);
            return;
        }
        call.Screen.Line(identity.Name);
        if (identity.Orgs is { Count: > 0 } orgs) call.Screen.Line($"organisations: {string.Join(", ", orgs.Select(o => $"{o.Name} ({o.RoleInOrg})"))}");
        if (identity.Auth?.AccessToken is { } token) call.Screen.Line($"token: {token.DisplayName} ({token.Role})");
        call.Screen.Line($"hub: {call.Endpoint.OriginalString}");
    });
}

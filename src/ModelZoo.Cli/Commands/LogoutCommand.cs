using System.CommandLine;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo logout`: forgets the stored token. The token itself lives on until it is revoked.</summary>
static class LogoutCommand
{
    public static Command Build() => HubCall.On(new Command("logout", "Forget the token kept for a hub"), call =>
    {
        call.Screen.Line(call.Store.Forget(call.Endpoint)
            ? $"Logged out of {call.Endpoint.OriginalString}. The token still works until it is revoked (zoo token revoke)."
            : $"No login for {call.Endpoint.OriginalString} was kept.");
        return Task.CompletedTask;
    });
}

using System.CommandLine;
using ModelZoo.Client;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo login`: by token (option, stdin or question), by password, or in a browser.</summary>
static class LoginCommand
{
    public static Command Build()
    {
        var user = new Option<string?>("--user") { Description = "Sign in with this handle and a password (asked for, or read from stdin); makes a token" };
        var device = new Option<bool>("--device") { Description = "Confirm in a browser, on this machine or another" };
        var name = new Option<string>("--name") { Description = "What to call a token that is made", DefaultValueFactory = _ => $"zoo on {Environment.MachineName}" };
        return HubCall.On(new Command("login", "Keep a token for a hub") { user, device, name }, async call =>
        {
            var token = call.Get(HubAccess.Token) is { Length: > 0 } given ? given.Trim()
                : call.Get(user) is { Length: > 0 } handle ? await ByPasswordAsync(call, handle, call.Get(name)!)
                : call.Get(device) ? await ByDeviceAsync(call)
                : await AskAsync(call);
            using var zoo = HubAccess.Open(call.Endpoint, token);
            var identity = await zoo.WhoAmIAsync(call.Stop);
            call.Store.Keep(call.Endpoint, token);
            call.Screen.Line($"Logged in to {call.Endpoint.OriginalString} as {identity.Name}; the token is kept in {call.Store.FilePath}.");
        });
    }

    static async Task<string> ByPasswordAsync(HubCall call, string handle, string name)
    {
        var password = await SecretAsync("Password:", call.Stop);
        using var zoo = HubAccess.Open(call.Endpoint, null);
        return (await zoo.CreateTokenAsync(new(name, "write"), handle, password, call.Stop)).Token;
    }

    static async Task<string> ByDeviceAsync(HubCall call)
    {
        using var zoo = HubAccess.Open(call.Endpoint, null);
        var login = await zoo.StartDeviceLoginAsync(call.Stop);
        call.Screen.Line($"Open {login.VerificationUriComplete ?? login.VerificationUri} and confirm the code {login.UserCode}.");
        return await zoo.FinishDeviceLoginAsync(login, call.Stop);
    }

    static async Task<string> AskAsync(HubCall call)
    {
        var token = await SecretAsync(Console.IsInputRedirected ? "" : $"Token for {call.Endpoint.OriginalString} (empty: confirm in a browser):", call.Stop, mayBeEmpty: !Console.IsInputRedirected);
        return token.Length > 0 ? token : await ByDeviceAsync(call);
    }

    static async Task<string> SecretAsync(string question, CancellationToken stop, bool mayBeEmpty = false)
    {
        if (Console.IsInputRedirected)
            return (await Console.In.ReadLineAsync(stop))?.Trim() is { Length: > 0 } line ? line : throw new UsageException("Nothing came on stdin.");
        var prompt = new TextPrompt<string>(question).Secret(null);
        if (mayBeEmpty) prompt.AllowEmpty();
        return (await prompt.ShowAsync(AnsiConsole.Console, stop)).Trim();
    }
}

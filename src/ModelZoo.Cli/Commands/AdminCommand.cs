using System.CommandLine;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo admin`: accounts and tokens, for whoever has access to the data folder. Needs no password and no running hub.</summary>
static class AdminCommand
{
    static readonly Argument<string> s_handle = new("HANDLE") { Description = "The account's name" };

    static readonly Option<bool> s_passwordFromInput = new("--password-stdin") { Description = "Read the password from standard input, instead of making one" };

    public static Command Build() => new("admin", "Manage accounts and tokens on the hub's own data")
    {
        new Command("account", "Make, disable and list accounts") { BuildCreate(), BuildDisable(true), BuildDisable(false), BuildPassword(), BuildList() },
        BuildToken(),
        BuildServe(),
    };

    static Command BuildServe()
    {
        var model = new Argument<string?>("MODEL") { Description = "owner/name; without it: list the admitted models", Arity = ArgumentArity.ZeroOrOne };
        var stop = new Option<bool>("--stop") { Description = "No longer let it be asked" };
        var by = new Option<string?>("--by") { Description = "The administrator that it is recorded for [default: the first]" };
        return LocalHub.On(new Command("serve", "Admit a model: whoever may read it may then ask it") { model, stop, by, HubCall.Json }, async hub =>
        {
            var store = hub.Get<ServedModelStore>();
            if (hub.Parse.GetValue(model) is not { } name)
            {
                var all = await store.ListAsync(hub.Stop);
                if (hub.Screen.IsJson) hub.Screen.Json(all.Select(one => new { model = one.FullName, admittedBy = one.AdmittedBy, admittedAt = Clock.Iso(one.AdmittedAt) }));
                else hub.Screen.Table(["model", "admitted by", "at"], [.. all.Select(one => (string[])[one.FullName, one.AdmittedBy, Screen.Date(DateTimeOffset.FromUnixTimeMilliseconds(one.AdmittedAt))])]);
                return 0;
            }
            var administrator = (await hub.Get<AccountStore>().ListAsync(hub.Stop)).FirstOrDefault(account => account.IsAdministrator && (hub.Parse.GetValue(by) is not { } handle || account.Handle == handle))
                ?? throw new UsageException("There is no such administrator.");
            if (name.Split('/') is not [var owner, var rest] || await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, owner, rest, null, hub.Stop) is not var (repository, _))
                throw new UsageException($"There is no model {name}.");
            if (hub.Parse.GetValue(stop))
            {
                if (!await store.DismissAsync(repository, administrator, hub.Stop)) throw new UsageException($"{repository.FullName} was not admitted.");
                hub.Screen.Line($"{repository.FullName} can no longer be asked; what runs of it ends when it is idle.");
                return 0;
            }
            await store.AdmitAsync(repository, administrator, hub.Stop);
            hub.Screen.Line($"{repository.FullName} can be asked by whoever may read it.");
            return 0;
        });
    }

    static Command BuildCreate()
    {
        var administrator = new Option<bool>("--administrator") { Description = "May run the hub" };
        var email = new Option<string?>("--email") { Description = "Address that stands in commits" };
        var name = new Option<string?>("--full-name") { Description = "Name as people read it" };
        return LocalHub.On(new Command("create", "Make an account; its password is shown once") { s_handle, administrator, email, name, s_passwordFromInput }, async hub =>
        {
            var (password, made) = ReadPassword(hub);
            var account = await hub.Get<AccountStore>().CreateAsync(
                hub.Parse.GetRequiredValue(s_handle), hub.Parse.GetValue(name) ?? "", hub.Parse.GetValue(email), SignIn.Hash(password),
                hub.Parse.GetValue(administrator), hub.Stop);
            hub.Screen.Line(made ? $"Made {account.Handle} with the password {password}" : $"Made {account.Handle}.");
            return 0;
        });
    }

    static Command BuildDisable(bool disable)
    {
        var command = disable
            ? new Command("disable", "Stop an account's tokens and sessions; what it owns stays") { s_handle }
            : new Command("enable", "Let a disabled account sign in again") { s_handle };
        return LocalHub.On(command, async hub =>
        {
            var account = await GetAsync(hub);
            await hub.Get<AccountStore>().SetDisabledAsync(account.Id, disable, hub.Stop);
            hub.Screen.Line($"{account.Handle} is {(disable ? "disabled" : "enabled")}.");
            return 0;
        });
    }

    static Command BuildPassword() => LocalHub.On(new Command("password", "Give an account a new password and end its sessions") { s_handle, s_passwordFromInput }, async hub =>
    {
        var account = await GetAsync(hub);
        var (password, made) = ReadPassword(hub);
        await hub.Get<AccountStore>().SetPasswordHashAsync(account.Id, SignIn.Hash(password), hub.Stop);
        hub.Screen.Line(made ? $"{account.Handle} has the password {password}" : $"{account.Handle} has the new password.");
        return 0;
    });

    static Command BuildList() => LocalHub.On(new Command("list", "List accounts") { HubCall.Json }, async hub =>
    {
        var accounts = await hub.Get<AccountStore>().ListAsync(hub.Stop);
        if (hub.Screen.IsJson)
            hub.Screen.Json(accounts.Select(a => new
            {
                a.Handle, a.Kind, a.FullName, a.Email, administrator = a.IsAdministrator, disabled = a.DisabledAt is not null, createdAt = Clock.Iso(a.CreatedAt),
            }));
        else
            hub.Screen.Table(["handle", "name", "role", "made"], [.. accounts.Select(a => (string[])[
                a.Handle, a.FullName, a.DisabledAt is not null ? "disabled" : a.IsAdministrator ? "administrator" : a.Kind,
                Screen.Date(DateTimeOffset.FromUnixTimeMilliseconds(a.CreatedAt))])]);
        return 0;
    });

    static Command BuildToken()
    {
        var name = new Option<string>("--name") { Description = "A name to recognise it by", DefaultValueFactory = _ => "made by zoo admin" };
        var role = new Option<string>("--role") { Description = "read or write", DefaultValueFactory = _ => "write" };
        role.AcceptOnlyFromAmong("read", "write");
        var days = new Option<int?>("--expires-in-days") { Description = "Days until it stops working [default: never]" };
        return LocalHub.On(new Command("token", "Make an access token for an account; it is shown once") { s_handle, name, role, days }, async hub =>
        {
            var account = await GetAsync(hub);
            DateTimeOffset? expires = hub.Parse.GetValue(days) is { } count ? hub.Get<TimeProvider>().GetUtcNow().AddDays(count) : null;
            var kind = hub.Parse.GetValue(role) == "read" ? CredentialRole.Read : CredentialRole.Write;
            var (_, secret) = await hub.Get<TokenStore>().CreateAsync(account.Id, hub.Parse.GetValue(name)!, kind, [], expires, hub.Stop);
            hub.Screen.Line(secret);
            return 0;
        });
    }

    static (string Password, bool Made) ReadPassword(LocalHub hub) =>
        hub.Parse.GetValue(s_passwordFromInput) ? (Console.In.ReadLine() ?? "", false) : (Secrets.NewText(20), true);

    static async Task<Account> GetAsync(LocalHub hub) =>
        await hub.Get<AccountStore>().FindAsync(hub.Parse.GetRequiredValue(s_handle), hub.Stop)
            ?? throw new UsageException($"There is no account {hub.Parse.GetRequiredValue(s_handle)}.");
}

using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>Who asks.</summary>
static class AccountsServices
{
    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddAll(typeof(AccountStore), typeof(TokenStore), typeof(SessionStore), typeof(AttemptStore), typeof(SignIn), typeof(Bootstrap),
            typeof(AuditStore), typeof(BrowserSessions), typeof(DeviceLoginStore));
    }
}

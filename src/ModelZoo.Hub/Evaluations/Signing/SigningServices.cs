using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Signing;

/// <summary>By what the hub vouches for scores.</summary>
static class SigningServices
{
    public static IServiceCollection AddSigning(this IServiceCollection services)
    {
        services.AddAll(typeof(ScoreKeyStore), typeof(ScoreSigner));
        return services;
    }
}

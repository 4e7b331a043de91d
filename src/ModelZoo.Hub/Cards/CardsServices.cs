using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Cards;

/// <summary>READMEs, parsed.</summary>
static class CardsServices
{
    public static void AddCards(this IServiceCollection services)
    {
        services.AddAll(typeof(CardStore));
        services.AddSingleton<IReadmeRule, ReadmeRule>();
        services.AddSingleton<IProjection, CardProjection>();
    }
}

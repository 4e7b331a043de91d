using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Populations.Merging;

namespace ModelZoo.Hub.Populations;

/// <summary>Many models from one blueprint, kept in one repository.</summary>
static class PopulationsServices
{
    public static void AddPopulations(this IServiceCollection services)
    {
        services.AddAll(typeof(PopulationShelf));
        services.AddMerging();
    }
}

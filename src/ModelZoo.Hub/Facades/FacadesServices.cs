using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Facades.XetCas;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades;

/// <summary>What the dialects share.</summary>
static class FacadesServices
{
    public static void AddFacades(this IServiceCollection services)
    {
        services.AddZooDescription();
        services.AddSingleton<Populations.FineTuning.ITunedModelFollower, TunedModelEvaluation>();
        services.AddAll(typeof(FileFinder), typeof(RepositoryDescription), typeof(RepositoryListing), typeof(XorbAddresses),
            typeof(ModelLookup), typeof(AskedModels), typeof(SnippetShelf), typeof(PopulationSoups), typeof(RecordEndpoints.RecordChange));
    }
}

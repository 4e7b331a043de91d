using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Search;

/// <summary>Lists and words.</summary>
static class SearchServices
{
    public static void AddSearch(this IServiceCollection services)
    {
        services.AddAll(typeof(IndexStore), typeof(WordStore), typeof(RepositoryIndex), typeof(RepositorySearch), typeof(FullTextSearch));
    }
}

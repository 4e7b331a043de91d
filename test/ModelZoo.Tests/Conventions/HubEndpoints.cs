using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub;

namespace ModelZoo.Tests.Conventions;

/// <summary>All endpoints of a hub that was put together and not started.</summary>
static class HubEndpoints
{
    public static IReadOnlyList<Endpoint> All()
    {
        var folder = Directory.CreateTempSubdirectory("zoo-endpoints-").FullName;
        try
        {
            var app = HubBuilder.BuildAsync(new HubOptions { DataFolder = folder, Workers = 0 }).GetAwaiter().GetResult();
            return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

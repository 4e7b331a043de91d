using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Mirrors;

/// <summary>Disposable git repositories, from which git is served.</summary>
static class MirrorsServices
{
    public static void AddMirrors(this IServiceCollection services)
    {
        services.AddAll(typeof(GitProgram), typeof(MirrorImport), typeof(MirrorFolder), typeof(UploadPack));
        services.AddSingleton<IChore, MirrorChore>();
    }
}

using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Repositories.Pushes;

namespace ModelZoo.Hub.Repositories;

/// <summary>What is asked of: references, commits, trees, links, and those who may change them.</summary>
static class RepositoriesServices
{
    public static void AddRepositories(this IServiceCollection services)
    {
        services.AddAll(typeof(RepositoryStore), typeof(AccessPolicy), typeof(GitObjectStore), typeof(TreeReader), typeof(ReferenceStore),
            typeof(CommitStore), typeof(RevisionResolver), typeof(CommitWriter), typeof(ReferenceWriter), typeof(RepositoryLifecycle),
            typeof(LastChangeProjection), typeof(LastChangeReader), typeof(BlobLinkStore), typeof(UploadStore), typeof(BlobUploads),
            typeof(RevisionDiff), typeof(DownloadCounter), typeof(CollaboratorStore), typeof(ForkStore), typeof(ForkWriter), typeof(FileLockStore),
            typeof(PushWriter), typeof(UsedStorageQuery), typeof(DiscussionStore), typeof(PullRequests), typeof(PullRequestMerge), typeof(WorkScratch));
        services.AddSingleton<ICommitFollower, PullRequestFollower>();
        services.AddSingleton<IChore, DownloadChore>();
        services.AddSingleton<IChore>(all => all.GetRequiredService<WorkScratch>());
    }
}

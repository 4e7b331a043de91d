using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.Hub.Repositories.Discussions;

static class DiscussionServices
{
    public static IServiceCollection AddDiscussions(this IServiceCollection services) => services
        .AddSingleton<DiscussionStore>()
        .AddSingleton<PullRequests>()
        .AddSingleton<PullRequestMerge>()
        .AddSingleton<ICommitFollower, PullRequestFollower>();
}

using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.Hub.Community;

static class CommunityServices
{
    public static IServiceCollection AddCommunity(this IServiceCollection services) => services
        .AddSingleton<LikeStore>()
        .AddSingleton<DiscussionQuery>()
        .AddSingleton<CommentStore>()
        .AddSingleton<DiscussionWriter>();
}

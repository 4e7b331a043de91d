using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Community;

/// <summary>What people say of each other's repositories.</summary>
static class CommunityServices
{
    public static void AddCommunity(this IServiceCollection services)
    {
        services.AddAll(typeof(LikeStore), typeof(DiscussionQuery), typeof(CommentStore), typeof(DiscussionWriter));
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Cluster;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="SchemaLevel">Of the database.</param>
/// <param name="SchemaNeeds">The oldest level of programs that can work with it.</param>
/// <param name="ReachedLevel">The level whose new forms of data may be in use: every node was seen to know it.</param>
sealed record NodesAnswer(IReadOnlyList<NodeAnswer> Nodes, long SchemaLevel, long SchemaNeeds, long ReachedLevel);

/// <param name="Role">node or worker.</param>
/// <param name="Level">The schema level that its program knows.</param>
/// <param name="IsAlive">Seen within the last minute; those silent for ten are forgotten.</param>
/// <param name="IsThis">The one that answers.</param>
sealed record NodeAnswer(long Id, string Name, string Role, string Version, long Level, string StartedAt, string SeenAt, bool IsAlive, bool IsThis);

/// <summary>Which processes share this hub's database.</summary>
static class NodeEndpoints
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet($"{ZooRoutes.Base}/nodes", ListAsync).Describe<NodesAnswer>("listNodes", "hub", "Nodes and workers of the hub, with their versions");

    static async Task<IResult> ListAsync(Administrator _, NodeStore nodes, Membership membership, HubDatabase database, CancellationToken stop)
    {
        var schema = await SchemaLevel.ReadAsync(database, stop);
        var self = membership.Self;
        return Results.Json(new NodesAnswer(
            [.. (await nodes.ListAsync(stop)).Select(node => new NodeAnswer(
                node.Id, node.Name, node.Role, node.Version, node.Level, Clock.Iso(node.StartedAt), Clock.Iso(node.SeenAt), nodes.IsAlive(node),
                node.Incarnation == self?.Incarnation))],
            schema.Level, schema.Needs, schema.Reached));
    }
}

using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Signing;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The keys by which this hub vouches for scores: anybody may check a token without asking the hub.</summary>
static class KeyEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Base}/keys", ListAsync).WithMetadata(new Public("public keys are for everybody"))
            .Describe<JsonObject>("listKeys", "evaluations", "The public keys of the hub's score tokens, as a JSON Web Key Set");
        app.MapPost($"{ZooRoutes.Base}/keys/rotate", RotateAsync)
            .Describe<JsonObject>("rotateKey", "evaluations", "Sign scores with a new key from now on; older tokens stay valid");
    }

    static async Task<IResult> ListAsync(ScoreSigner signer, CancellationToken stop) => Results.Json(await signer.KeysAsync(stop));

    static async Task<IResult> RotateAsync(Administrator _, ScoreSigner signer, AuditStore audit, CancellationToken stop)
    {
        await signer.RotateAsync(stop);
        await audit.AddAsync(AuditAction.ScoreKey, "hub", "", stop);
        return Results.Json(await signer.KeysAsync(stop));
    }
}

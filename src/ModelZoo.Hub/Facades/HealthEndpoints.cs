using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Cluster;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Facades;

/// <summary>Says whether this node can do its work now.</summary>
static class HealthEndpoints
{
    public static async Task<IResult> ReadyAsync(SettingStore settings, IBlobStore blobs, Membership membership, CancellationToken stop)
    {
        if (membership.Mistake is { } mistake) return Results.Text($"not ready: {mistake}", statusCode: 503);
        try
        {
            await settings.FindAsync("signing_key", stop);
            await blobs.CheckReadyAsync(stop);
            return Results.Text("ready");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return Results.Text($"not ready: {error.Message}", statusCode: 503);
        }
    }
}

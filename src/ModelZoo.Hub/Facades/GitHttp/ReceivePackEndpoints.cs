using Microsoft.AspNetCore.Http;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;
using ModelZoo.Hub.Repositories.Pushes;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>Push.</summary>
static class ReceivePackEndpoints
{
    const int MaxCommandBytes = 64 * 1024 * 1024;

    public static async Task PostAsync(ContributingRepository contributor, HttpContext http, PullRequests pulls, PushWriter pushes, HubOptions options)
    {
        var stop = http.RequestAborted;
        var repository = await pulls.ProvePushAsync(contributor, stop);
        await using var body = GitBody.Open(http, "application/x-git-receive-pack-request", options.Git.PackBytes + MaxCommandBytes);
        var request = await ReceivePackProtocol.ReadAsync(body, stop);
        var answer = request is null ? [] : await AnswerAsync(repository, request, body, pushes, options, stop);
        GitRoutes.SetHeaders(http, "application/x-git-receive-pack-result");
        await http.Response.Body.WriteAsync(answer, stop);
    }

    static async Task<byte[]> AnswerAsync(WritableRepository repository, ReceivePackRequest request, Stream body, PushWriter pushes, HubOptions options, CancellationToken stop)
    {
        try
        {
            using var pack = request.Commands.All(command => command.After is null)
                ? UnpackedPack.Empty()
                : await pushes.UnpackAsync(repository, body, Path.Combine(options.DataFolder, "git-incoming"), stop);
            return ReceivePackProtocol.Report(request, await pushes.WriteAsync(repository, request.Commands, request.IsAtomic, pack, stop));
        }
        catch (Refusal refusal)
        {
            // git shows the words of an answer in its own protocol, and hardly those of an HTTP error in the middle of a push.
            await DrainAsync(body, stop);
            return ReceivePackProtocol.Refuse(request, refusal.Message);
        }
    }

    /// <summary>A client that is still sending would take an early answer for a broken connection.</summary>
    static async Task DrainAsync(Stream body, CancellationToken stop)
    {
        try
        {
            await body.CopyToAsync(Stream.Null, stop);
        }
        catch (Refusal)
        {
            // Even longer than the longest push: it has to end somewhere.
        }
    }
}

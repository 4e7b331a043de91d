using Microsoft.AspNetCore.Http;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Mirrors;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>The first question of every git command: which references there are and what the server can do.</summary>
static class InfoRefsEndpoints
{
    public static async Task GetAsync(ReadableRepository repository, HttpContext http, UploadPack uploadPack, ReferenceStore references)
    {
        switch (http.Request.Query["service"].ToString())
        {
            case "git-upload-pack":
                var protocol = UploadPackEndpoints.Protocol(http);
                await uploadPack.AdvertiseAsync(repository, protocol, () => BeginAsync(http, "git-upload-pack", protocol), http.RequestAborted);
                break;
            case "git-receive-pack":
                AsWritable(repository);
                var advertised = ReceivePackProtocol.Advertise(await references.ListAsync(repository.Id, http.RequestAborted));
                await (await BeginAsync(http, "git-receive-pack", null)).WriteAsync(advertised, http.RequestAborted);
                break;
            default:
                throw Refusal.Invalid("This hub speaks git's smart protocol only: \"service\" must be git-upload-pack or git-receive-pack.");
        }
    }

    /// <summary>One address for reading and writing; writing asks for more, and always for credentials.</summary>
    static void AsWritable(ReadableRepository repository)
    {
        if (repository is WritableRepository) return;
        throw repository.Actor.IsNobody
            ? new Refusal(RefusalKind.Unauthenticated, "Invalid username or password.")
            : Refusal.Forbidden($"You may not write to {repository.Repository.FullName}: it needs write access and a token with the write role.");
    }

    /// <summary>The second protocol does without the line that names the service.</summary>
    static async Task<Stream> BeginAsync(HttpContext http, string service, string? protocol)
    {
        GitRoutes.SetHeaders(http, $"application/x-{service}-advertisement");
        if (protocol?.Split(':').Contains("version=2") == true) return http.Response.Body;
        var banner = new MemoryStream();
        PktLine.Write(banner, $"# service={service}\n");
        PktLine.WriteFlush(banner);
        await http.Response.Body.WriteAsync(banner.ToArray(), http.RequestAborted);
        return http.Response.Body;
    }
}

using Microsoft.AspNetCore.Http;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Mirrors;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Facades.GitHttp;

/// <summary>The first question of every git command: which references there are and what the server can do.</summary>
static class InfoRefsEndpoints
{
    public static async Task GetAsync(ReadableRepository repository, HttpContext http, UploadPack uploadPack, ReferenceStore references, PullRequests pulls)
    {
        switch (http.Request.Query["service"].ToString())
        {
            case "git-upload-pack":
                var protocol = UploadPackEndpoints.Protocol(http);
                await uploadPack.AdvertiseAsync(repository, protocol, () => BeginAsync(http, "git-upload-pack", protocol), http.RequestAborted);
                break;
            case "git-receive-pack":
                await pulls.ProvePushAsync(repository, http.RequestAborted);      // one address for reading and writing; writing asks for more
                var advertised = ReceivePackProtocol.Advertise(await references.ListAsync(repository.Id, http.RequestAborted));
                await (await BeginAsync(http, "git-receive-pack", null)).WriteAsync(advertised, http.RequestAborted);
                break;
            default:
                throw Refusal.Invalid("This hub speaks git's smart protocol only: \"service\" must be git-upload-pack or git-receive-pack.");
        }
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

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Storage.Receiving;
using ModelZoo.Hub.Storage.Sending;

namespace ModelZoo.Hub.Tests.Storage;

/// <summary>
/// A real Kestrel around a store: GET /blob/DIGEST/SIZE gives a blob, GET /memory gives small content, PUT /blob/DIGEST takes
/// one. Two listeners: plain HTTP/1 with sendfile, and TLS with HTTP/1 and HTTP/2.
/// </summary>
sealed class BlobServer : IAsyncDisposable
{
    public static readonly byte[] Memory = Encoding.ASCII.GetBytes("0123456789");

    static readonly X509Certificate2 Certificate = MakeCertificate();

    readonly WebApplication _app;

    BlobServer(WebApplication app) => _app = app;

    public Uri Plain { get; private set; } = null!;

    public Uri Encrypted { get; private set; } = null!;

    public static async Task<BlobServer> StartAsync(IBlobStore store, TimeSpan? stallLimit = null, BlobHeaders? headers = null)
    {
        headers ??= new("\"tag\"", "application/octet-stream") { ContentDisposition = "inline; filename=\"w.bin\";", CacheControl = "no-cache" };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseSendFile(stallLimit);
            });
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseSendFile(stallLimit);     // below TLS on purpose: it must notice and stay out of the way
                listen.UseHttps(Certificate);
            });
        });
        builder.Services.AddLargeBlockTransport();
        var app = builder.Build();
        app.UseSendFile();
        app.MapMethods("/blob/{digest}/{size:long}", ["GET", "HEAD"], (HttpContext http, string digest, long size, bool? redirect) =>
            BlobResponse.SendAsync(http, store, Digest.Parse(digest), size, headers, redirect == true ? TimeSpan.FromMinutes(5) : null));
        app.MapMethods("/memory", ["GET", "HEAD"], (HttpContext http) => BlobResponse.SendAsync(http, Memory, headers));
        app.MapMethods("/empty", ["GET", "HEAD"], (HttpContext http) => BlobResponse.SendAsync(http, ReadOnlyMemory<byte>.Empty, headers));
        app.MapGet("/long", () => Results.Text(new string('x', 3_000_000)));
        app.MapPut("/blob/{digest}", async (HttpContext http, string digest) =>
        {
            try
            {
                await store.WriteAsync(Digest.Parse(digest), http.Request.ContentLength ?? 0, http.Request.BodyReader, http.RequestAborted);
                return Results.Ok();
            }
            catch (Refusal refusal)
            {
                return Results.Text(refusal.Message, statusCode: 422);
            }
        });
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new(app)
        {
            Plain = new(addresses.Single(address => address.StartsWith("http:", StringComparison.Ordinal))),
            Encrypted = new(addresses.Single(address => address.StartsWith("https:", StringComparison.Ordinal))),
        };
    }

    static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    public HttpClient Client(bool encrypted = false, Version? version = null) =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == Certificate.GetCertHashString() },
        })
        {
            BaseAddress = encrypted ? Encrypted : Plain, DefaultRequestVersion = version ?? HttpVersion.Version11, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

    public async Task<Socket> ConnectAsync(int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0) socket.ReceiveBufferSize = receiveBuffer;
        await socket.ConnectAsync(IPAddress.Loopback, Plain.Port);
        return socket;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

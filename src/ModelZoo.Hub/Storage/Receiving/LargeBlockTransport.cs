using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ModelZoo.Hub.Storage.Receiving;

/// <summary>The web server's settings for large uploads.</summary>
static class LargeBlockTransport
{
    /// <summary>How much of an upload may wait unread in one connection: enough that a 1 MiB gulp is usually there already.</summary>
    const long MaxReadBufferBytes = 4 << 20;

    public static IServiceCollection AddLargeBlockTransport(this IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>, BlockMemoryPool>());
        return services.Configure<SocketTransportOptions>(transport => transport.MaxReadBufferSize = MaxReadBufferBytes);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ModelZoo.Hub.Storage.Sending;

/// <summary>Files leave by sendfile(2) where that is possible: plain HTTP/1 on Linux. Elsewhere in large reads.</summary>
static class SendFileExtensions
{
    /// <summary>A client that accepts nothing for this long is gone. Kestrel's own limit, a data rate, is loose with large flushes.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    /// <summary>For the listener: its connections can send files. Does nothing below or above TLS, where bytes must be encrypted.</summary>
    public static void UseSendFile(this ListenOptions listen, TimeSpan? stallLimit = null) => listen.Use(next => async connection =>
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        if (socket is null || !OperatingSystem.IsLinux() || connection.Features.Get<ITlsHandshakeFeature>() is not null)
        {
            await next(connection);
            return;
        }
        var writer = new SocketPipeWriter(socket, stallLimit ?? StallLimit, connection.Abort);
        var original = connection.Transport;
        connection.Transport = new SendFileConnection(original.Input, writer);
        connection.Features.Set<IFileSegmentSink>(writer);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = original;
        }
    });

    /// <summary>For the application: <c>Results.File</c>, static files and <c>SendFileAsync</c> send this way. Stands before whatever changes bodies.</summary>
    public static void UseSendFile(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (http.Features.Get<IHttpResponseBodyFeature>() is { } body) http.Features.Set<IHttpResponseBodyFeature>(new SendFileBody(http, body));
        return next(http);
    });
}

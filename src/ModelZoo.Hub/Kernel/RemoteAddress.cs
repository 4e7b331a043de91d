using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Kernel;

/// <summary>Where a request comes from, after trusted proxies were looked through.</summary>
static class RemoteAddress
{
    /// <summary>The address in full, for the audit trail.</summary>
    public static string Of(HttpContext http) => Plain(http.Connection.RemoteIpAddress)?.ToString() ?? "local";

    /// <summary>What attempts and requests are counted by: an IPv6 customer has a /64 to draw addresses from, so that is one.</summary>
    public static string Network(HttpContext http)
    {
        if (Plain(http.Connection.RemoteIpAddress) is not { } address) return "local";
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }

    /// <summary>True when the peer is this machine and nothing says that it speaks for somebody else.</summary>
    public static bool IsThisMachine(HttpContext http) =>
        Plain(http.Connection.RemoteIpAddress) is { } address && IPAddress.IsLoopback(address)
        && !http.Request.Headers.ContainsKey("X-Forwarded-For") && !http.Request.Headers.ContainsKey("X-Original-For")
        && !http.Request.Headers.ContainsKey("Forwarded") && !http.Request.Headers.ContainsKey("Via") && !http.Request.Headers.ContainsKey("X-Real-IP");

    static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}

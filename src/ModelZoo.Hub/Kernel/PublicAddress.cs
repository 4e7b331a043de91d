using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Kernel;

/// <summary>The base of every absolute address the hub emits: as configured, else as the client sees it.</summary>
sealed class PublicAddress(string? configured)
{
    readonly string? _configured = configured?.TrimEnd('/');

    /// <summary>"https://zoo.example.org" without a slash at the end. Forwarded headers were applied before.</summary>
    public string Of(HttpContext http) => _configured ?? $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}";
}

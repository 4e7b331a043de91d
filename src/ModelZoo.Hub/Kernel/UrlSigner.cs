using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Kernel;

/// <summary>Signs addresses that carry their own permission for a while: upload targets, which clients call without credentials.</summary>
sealed class UrlSigner(byte[] key, TimeProvider time)
{
    /// <summary>"expires=…&amp;signature=…" for a subject that names the one thing allowed.</summary>
    public string Sign(string subject, TimeSpan validFor)
    {
        var expires = time.GetUtcNow().Add(validFor).ToUnixTimeSeconds();
        return $"expires={expires.ToString(CultureInfo.InvariantCulture)}&signature={Signature(subject, expires)}";
    }

    /// <exception cref="Refusal">The signature is missing, wrong or expired.</exception>
    public void Check(HttpContext http, string subject)
    {
        var query = http.Request.Query;
        var valid = long.TryParse(query["expires"], NumberStyles.None, CultureInfo.InvariantCulture, out var expires)
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Signature(subject, expires)), Encoding.UTF8.GetBytes(query["signature"].ToString()));
        if (!valid) throw Refusal.Forbidden("This address is not signed by this hub.");
        if (expires < time.GetUtcNow().ToUnixTimeSeconds()) throw Refusal.Forbidden("This address has expired; ask for a new one.");
    }

    string Signature(string subject, long expires) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{subject}\n{expires}")));
}

using System.Buffers.Text;
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

    /// <summary>A text that only this hub can have written, good until a moment: for credentials that clients carry without reading them.</summary>
    public string Seal(string text, DateTimeOffset expires)
    {
        var end = expires.ToUnixTimeSeconds();
        return $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))}.{end.ToString(CultureInfo.InvariantCulture)}.{Signature(Sealed(text), end)}";
    }

    /// <summary>The text that was sealed; null when this hub did not seal it.</summary>
    public (string Text, bool IsExpired)? Open(string seal)
    {
        if (seal.Length > 2048 || seal.Split('.') is not [var encoded, var end, var signature]) return null;
        if (!Base64Url.IsValid(encoded) || !long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var expires)) return null;
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Signature(Sealed(text), expires)), Encoding.UTF8.GetBytes(signature))
            ? (text, expires <= time.GetUtcNow().ToUnixTimeSeconds())
            : null;
    }

    /// <summary>No signed address has a subject that begins so.</summary>
    static string Sealed(string text) => $"sealed\n{text}";

    string Signature(string subject, long expires) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{subject}\n{expires}")));
}

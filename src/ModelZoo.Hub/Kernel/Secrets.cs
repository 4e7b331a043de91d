using System.Security.Cryptography;
using System.Text;

namespace ModelZoo.Hub.Kernel;

/// <summary>Random secrets, and the form in which they may be stored.</summary>
static class Secrets
{
    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>A string of letters and digits; 34 of them carry about 202 bits.</summary>
    public static string NewText(int length) => RandomNumberGenerator.GetString(Alphabet, length);

    /// <summary>
    /// SHA-256 in hex. Enough for secrets that we drew ourselves with over 128 bits: they cannot be guessed, so a slow
    /// hash would only cost time on every request. Passwords go through the framework's hasher instead.
    /// </summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

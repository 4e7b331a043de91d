using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Web;

/// <summary>Addresses of the stylesheet, the script and the icon, as the layout writes them. Each carries a hash of its content.</summary>
public sealed record AssetLinks(string Stylesheet, string Script, string Icon);

/// <summary>One file under /assets/, ready to send: compressed once at start-up.</summary>
/// <param name="IsImmutable">The name holds the hash of the content, so it never has another.</param>
/// <param name="Brotli">Null where compression does not pay.</param>
sealed record Asset(string ContentType, string ETag, bool IsImmutable, byte[] Plain, byte[]? Brotli, byte[]? Gzip);

/// <summary>What the pages need besides themselves. Embedded in the program, so that there is one file to ship and no folder to lose.</summary>
sealed partial class Assets
{
    /// <summary>The order of the cascade layers. Concatenated into one stylesheet; there is no other build step.</summary>
    static readonly string[] s_stylesheets = ["reset", "tokens", "base", "layout", "components", "charts", "utilities"];

    readonly FrozenDictionary<string, Asset> _byName;

    public Assets()
    {
        var stylesheet = string.Join('\n', s_stylesheets.Select(name => Trim(ReadEmbedded($"{name}.css"))));
        var all = new Dictionary<string, Asset>(StringComparer.Ordinal);
        Links = new(
            Add(all, "css", "text/css; charset=utf-8", stylesheet),
            Add(all, "js", "text/javascript; charset=utf-8", ReadEmbedded("zoo.js")),
            Add(all, "svg", "image/svg+xml", ReadEmbedded("zoo.svg")));
        // Clients of the API are told this address as everybody's picture, so its name must stay.
        AddAs(all, "account.svg", "image/svg+xml", ReadEmbedded("account.svg"));
        _byName = all.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public AssetLinks Links { get; }

    public Asset? Find(string name) => _byName.GetValueOrDefault(name);

    static string Add(Dictionary<string, Asset> all, string extension, string contentType, string text)
    {
        var name = $"zoo-{Hash(Encoding.UTF8.GetBytes(text))}.{extension}";
        AddAs(all, name, contentType, text);
        return $"/assets/{name}";
    }

    static void AddAs(Dictionary<string, Asset> all, string name, string contentType, string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var hash = Hash(plain);
        all.Add(name, new(contentType, $"\"{hash}\"", name.Contains(hash, StringComparison.Ordinal), plain,
            Compress(plain, to => new BrotliStream(to, CompressionLevel.SmallestSize)),
            Compress(plain, to => new GZipStream(to, CompressionLevel.SmallestSize))));
    }

    /// <summary>Comments and indentation are for those who read the source.</summary>
    static string Trim(string stylesheet) =>
        Indentation().Replace(Comments().Replace(stylesheet, ""), "\n").Replace(": ", ":", StringComparison.Ordinal).Replace("; ", ";", StringComparison.Ordinal)
        .Replace(", ", ",", StringComparison.Ordinal).Replace(" {", "{", StringComparison.Ordinal).Replace("{ ", "{", StringComparison.Ordinal).Replace(" }", "}", StringComparison.Ordinal).Replace(";}", "}", StringComparison.Ordinal).Trim('\n');

    static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..12];

    static byte[]? Compress(byte[] plain, Func<Stream, Stream> wrap)
    {
        var packed = new MemoryStream();
        using (var stream = wrap(packed)) stream.Write(plain);
        var bytes = packed.ToArray();
        return bytes.Length < plain.Length ? bytes : null;
    }

    static string ReadEmbedded(string name)
    {
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream($"wwwroot/{name}")
            ?? throw new InvalidOperationException($"The program lacks its embedded file wwwroot/{name}.");
        return new StreamReader(stream, Encoding.UTF8).ReadToEnd();
    }

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Indentation();
}

using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Query values in the spellings that both client generations use, and the Link header that pages with.</summary>
static class Query
{
    /// <summary>true, True, 1; everything else is false.</summary>
    public static bool Flag(StringValues value) => value.Count > 0 && value[^1] is { } text && (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text == "1");

    /// <exception cref="Refusal">Not a positive number.</exception>
    public static int Limit(StringValues value, int standard, int most)
    {
        if (StringValues.IsNullOrEmpty(value)) return standard;
        return int.TryParse(value[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? Math.Min(limit, most)
            : throw Refusal.Invalid("\"limit\" must be a positive number");
    }

    /// <summary>`expand=a&amp;expand=b`, `expand[]=a` and `expand=a,b` alike.</summary>
    public static IReadOnlyList<string> List(IQueryCollection query, string name) =>
        [.. query[name].Concat(query[name + "[]"]).SelectMany(value => (value ?? "").Split(',')).Select(value => value.Trim()).Where(value => value.Length > 0)];

    public static string ToCursor(long position) => Convert.ToBase64String(Encoding.ASCII.GetBytes(position.ToString(CultureInfo.InvariantCulture))).TrimEnd('=');

    public static int Cursor(StringValues value)
    {
        if (StringValues.IsNullOrEmpty(value)) return 0;
        Span<byte> bytes = stackalloc byte[32];
        var text = value[^1]!;
        if (text.Length <= 24 && Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var length)
            && int.TryParse(bytes[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var position)) return position;
        throw Refusal.Invalid("\"cursor\" is not one that this hub gave out");
    }

    /// <summary>Links to the next page: absolute, all parameters kept, one replaced.</summary>
    public static void Link(HttpContext http, PublicAddress address, string name, string value)
    {
        var url = new StringBuilder(address.Of(http)).Append(RawPathOf(http));
        var separator = '?';
        foreach (var (key, values) in http.Request.Query)
        {
            if (key == name) continue;
            foreach (var each in values)
            {
                url.Append(separator).Append(Uri.EscapeDataString(key)).Append('=').Append(Uri.EscapeDataString(each ?? ""));
                separator = '&';
            }
        }
        url.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        http.Response.Headers.Link = $"<{url}>; rel=\"next\"";
    }

    /// <summary>The path as the client encoded it.</summary>
    static string RawPathOf(HttpContext http)
    {
        var target = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var end = target.IndexOf('?');
        return end < 0 ? target : target[..end];
    }
}

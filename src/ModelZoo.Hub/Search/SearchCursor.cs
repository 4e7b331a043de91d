using System.Globalization;
using System.Text;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Search;

/// <summary>A page's last repository as text: the next page begins after its value and id, whatever was added or removed meanwhile.</summary>
static class SearchCursor
{
    public static string Format(SortPoint point) => Convert.ToBase64String(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{point.Value}|{point.Id}|{point.Name}"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="Refusal">Not a cursor of this hub.</exception>
    public static SortPoint Parse(string text)
    {
        var bytes = new byte[400];
        var padded = text.Replace('-', '+').Replace('_', '/');
        if (text.Length <= 500 && Convert.TryFromBase64String(padded.PadRight((padded.Length + 3) / 4 * 4, '='), bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split('|', 3) is [var value, var id, var name]
            && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            return new(number, name, last);
        throw Refusal.Invalid("\"cursor\" is not one that this hub gave out");
    }
}

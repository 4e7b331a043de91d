using System.Text.Json;
using System.Text.Unicode;

namespace ModelZoo.Profiling;

/// <summary>
/// A reader of JSON accepts bytes that are no text: wrong UTF-8 inside quotes and halves of surrogates behind <c>\u</c>. Whoever later asks for
/// such a string or a key meets an exception, so all of them are looked at once, before anything is asked.
/// </summary>
static class JsonText
{
    /// <exception cref="ProfileException">A string or a key is no Unicode text.</exception>
    /// <exception cref="JsonException">The JSON is malformed or nested too deeply.</exception>
    public static void Check(ReadOnlySpan<byte> json, JsonReaderOptions options)
    {
        if (!Utf8.IsValid(json)) throw new ProfileException("The file is not UTF-8 text.");
        var reader = new Utf8JsonReader(json, options);
        try
        {
            while (reader.Read())
                if (reader is { TokenType: JsonTokenType.String or JsonTokenType.PropertyName, ValueIsEscaped: true }) reader.GetString();
        }
        catch (InvalidOperationException problem)
        {
            throw new ProfileException("The file holds half a surrogate, which is no Unicode text.", problem);
        }
    }
}

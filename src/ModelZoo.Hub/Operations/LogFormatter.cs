using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ModelZoo.Hub.Operations;

/// <summary>
/// One event, one line, as text for people or JSON for programs, with the id of the request it belongs to. Whatever a client
/// put into a name or path is escaped: it can neither end the line nor speak to the terminal.
/// </summary>
sealed class LogFormatter(bool asJson) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "modelzoo";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter writer)
    {
        var message = entry.Formatter(entry.State, entry.Exception);
        var id = RequestId(scopes);
        writer.WriteLine(asJson ? Json(entry, message, id) : Text(entry, message, id));
    }

    static string Text<TState>(in LogEntry<TState> entry, string message, string? id)
    {
        var line = new StringBuilder(Now()).Append(' ').Append(Word(entry.LogLevel)).Append(' ').Append(entry.Category).Append('[').Append(entry.EventId.Id).Append("] ");
        if (id is not null) Escape(line.Append("request "), id).Append(": ");
        Escape(line, message);
        if (entry.Exception is { } error) Escape(line.Append(" | "), error.ToString());
        return line.ToString();
    }

    static string Json<TState>(in LogEntry<TState> entry, string message, string? id)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", Now());
            json.WriteString("level", Word(entry.LogLevel).TrimEnd());
            json.WriteString("category", entry.Category);
            json.WriteNumber("event", entry.EventId.Id);
            if (id is not null) json.WriteString("requestId", id);
            json.WriteString("message", message);
            if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 1 } fields)
            {
                json.WriteStartObject("fields");
                foreach (var (name, value) in fields)
                    if (name != "{OriginalFormat}") Field(json, name, value);
                json.WriteEndObject();
            }
            if (entry.Exception is { } error) json.WriteString("exception", error.ToString());
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    static void Field(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case long number: json.WriteNumber(name, number); break;
            case int number: json.WriteNumber(name, number); break;
            case double number when double.IsFinite(number): json.WriteNumber(name, number); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            default: json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    static string? RequestId(IExternalScopeProvider? scopes)
    {
        string? found = null;
        scopes?.ForEachScope((scope, _) =>
        {
            if (scope is not IEnumerable<KeyValuePair<string, object?>> fields) return;
            foreach (var (name, value) in fields)
                if (name == "RequestId") found = value as string;
        }, 0);
        return found;
    }

    /// <summary>Control characters (line ends, terminal commands), and the Unicode characters that end lines or turn their direction, as \uXXXX.</summary>
    internal static StringBuilder Escape(StringBuilder line, string text)
    {
        foreach (var c in text)
            if (c == '\n') line.Append("\\n");
            else if (c == '\r') line.Append("\\r");
            else if (char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format)
                line.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else line.Append(c);
        return line;
    }

    static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}

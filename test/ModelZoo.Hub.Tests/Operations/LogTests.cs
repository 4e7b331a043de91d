using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using ModelZoo.Hub.Operations;

namespace ModelZoo.Hub.Tests.Operations;

public sealed class LogTests
{
    [Fact]
    public void A_line_of_text_carries_the_request_and_nothing_that_a_client_sent_can_end_it()
    {
        var line = Write(asJson: false, "a\r\n2026-01-01 error forged\u001b[31m\u2028\u202e", new InvalidOperationException("two\nlines"));

        Assert.Single(line.TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain(line, c => c is '\r' or '\u001b' or '\u2028' or '\u202e');
        Assert.Contains("request abc-123: ", line);
        Assert.Contains("a\\r\\n2026-01-01 error forged\\u001b[31m", line);
        Assert.Contains("two\\nlines", line);
    }

    [Fact]
    public void A_json_line_is_one_object_with_fields()
    {
        var line = Write(asJson: true, "x\"\r\n{\"level\":\"error\"}", null);

        Assert.Single(line.TrimEnd('\n').Split('\n'));
        var json = JsonNode.Parse(line)!;
        Assert.Equal(("warn", "abc-123"), (json["level"]!.GetValue<string>(), json["requestId"]!.GetValue<string>()));
        Assert.Equal("x\"\r\n{\"level\":\"error\"}", json["fields"]!["Path"]!.GetValue<string>());
    }

    static string Write(bool asJson, string path, Exception? error)
    {
        var scopes = new LoggerExternalScopeProvider();
        using var scope = scopes.Push(new Dictionary<string, object?> { ["RequestId"] = "abc-123" });
        using var writer = new StringWriter { NewLine = "\n" };
        var state = new List<KeyValuePair<string, object?>> { new("Path", path), new("{OriginalFormat}", "{Path} refused") };
        new LogFormatter(asJson).Write(
            new LogEntry<List<KeyValuePair<string, object?>>>(LogLevel.Warning, "Hub", new EventId(7), state, error, (s, _) => $"{s[0].Value} refused"), scopes, writer);
        return writer.ToString();
    }
}

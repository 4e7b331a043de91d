using System.Text.Json;
using ModelZoo.Inference.Files;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Templates;

/// <summary>How a model wants conversations to be written: the template among its tokenizer's files, with the special tokens that it names.</summary>
public sealed class ChatTemplate
{
    const string ConfigFile = "tokenizer_config.json", TemplateFile = "chat_template.jinja", OldFile = "chat_template.json";

    readonly Template _template;
    readonly IReadOnlyDictionary<string, object?> _tokens;

    /// <param name="tokens">Such as <c>bos_token</c> and <c>eos_token</c>.</param>
    public ChatTemplate(string source, IReadOnlyDictionary<string, object?> tokens)
    {
        _template = Template.Parse(source, TemplateDialect.Chat);
        (Source, _tokens) = (source, tokens);
    }

    public string Source { get; }

    /// <summary>SHA-256 of the template's text: what the protocol of a score says of it.</summary>
    public string Digest => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Source)));

    /// <summary>
    /// The template in <c>chat_template.jinja</c>, else that in <c>tokenizer_config.json</c> (a text, or a list of named ones, of which the default is
    /// taken), else that in <c>chat_template.json</c>; null when the model has none.
    /// </summary>
    /// <param name="name">Of a named template, such as <c>tool_use</c>; null for the default.</param>
    /// <exception cref="TemplateException">The template is none.</exception>
    public static async Task<ChatTemplate?> FindAsync(IModelFiles files, CancellationToken stop, string? name = null)
    {
        var config = await JsonParts.FindFileAsync(files, ConfigFile, stop);
        string? source = null;
        var path = name is null or "default" ? TemplateFile : $"additional_chat_templates/{name}.jinja";
        if (await JsonParts.FindBytesAsync(files, path, stop) is { } bytes) source = System.Text.Encoding.UTF8.GetString(bytes);
        source ??= config is { } found ? FindIn(found, name) : null;
        source ??= await JsonParts.FindFileAsync(files, OldFile, stop) is { } old ? FindIn(old, name) : null;
        return source is null ? null : new(source, config is { } known ? TokensOf(known) : new Dictionary<string, object?>());
    }

    static string? FindIn(JsonElement config, string? name)
    {
        if (config.Find("chat_template") is not { } template) return null;
        if (template.ValueKind == JsonValueKind.String) return name is null or "default" ? template.Text() : null;
        if (template.ValueKind != JsonValueKind.Array) throw JsonParts.Bad("'chat_template' is neither a text nor a list of named ones.");
        var named = template.EnumerateArray().FirstOrDefault(item => item.FindText("name") == (name ?? "default"));
        return named.ValueKind == JsonValueKind.Object ? named.GetText("template") : null;
    }

    /// <summary>Special tokens are texts, or objects whose <c>content</c> is the text.</summary>
    static Dictionary<string, object?> TokensOf(JsonElement config)
    {
        var tokens = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var property in config.EnumerateObject())
        {
            var key = property.Key();
            if (!key.EndsWith("_token", StringComparison.Ordinal)) continue;
            if (property.Value.ValueKind == JsonValueKind.String) tokens[key] = property.Value.Text();
            else if (property.Value.FindText("content") is { } content) tokens[key] = content;
        }
        return tokens;
    }

    /// <param name="addGenerationPrompt">Ends where the assistant begins to speak.</param>
    /// <param name="values">Further names, such as <c>tools</c> or <c>enable_thinking</c>.</param>
    /// <param name="now">What <c>strftime_now</c> shows.</param>
    /// <exception cref="TemplateException">The template refuses this conversation, or uses what is not supported.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true, IReadOnlyDictionary<string, object?>? values = null, DateTimeOffset now = default)
    {
        var given = new Dictionary<string, object?>(_tokens, StringComparer.Ordinal)
        {
            ["tools"] = null,
            ["documents"] = null,
        };
        foreach (var (key, value) in values ?? new Dictionary<string, object?>()) given[key] = value;
        given["messages"] = messages.Select(object? (message) => FieldsOf(message)).ToList();
        given["add_generation_prompt"] = addGenerationPrompt;
        return _template.Render(given, now);
    }

    /// <summary>Leaves the last message open, so that a model goes on with it: what the template writes behind it is cut off, as transformers does.</summary>
    public string RenderOpen(IReadOnlyList<ChatMessage> messages, IReadOnlyDictionary<string, object?>? values = null, DateTimeOffset now = default)
    {
        var text = Render(messages, addGenerationPrompt: false, values, now);
        var last = PythonString.Strip(messages[^1].Content);
        var at = text.LastIndexOf(last, StringComparison.Ordinal);
        if (at < 0) throw new TemplateException(TemplateFault.Value, 1, "the template", "it changes the last message, so it cannot be left open.");
        // White space at the end of the message stays where the template kept it.
        var whole = text.LastIndexOf(PythonString.TrimStart(messages[^1].Content).ToString(), StringComparison.Ordinal);
        return whole >= 0 ? text[..(whole + PythonString.TrimStart(messages[^1].Content).Length)] : text[..(at + last.Length)];
    }

    static Dictionary<string, object?> FieldsOf(ChatMessage message)
    {
        var fields = new Dictionary<string, object?>(StringComparer.Ordinal) { ["role"] = message.Role, ["content"] = message.Content };
        foreach (var (key, value) in message.Extra ?? new Dictionary<string, object?>()) fields[key] = value;
        return fields;
    }
}

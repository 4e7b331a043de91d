using System.Text.Json.Nodes;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Templates;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Serving;

/// <summary>Makes a prompt of a conversation, by the model's own template.</summary>
public sealed class ChatPrompt
{
    readonly ChatTemplate _template;

    ChatPrompt(ChatTemplate template) => _template = template;

    /// <summary>Null when the model has no template. One that cannot be read is said when it is first used, so that the model still continues texts.</summary>
    public static async Task<ChatPrompt?> FindAsync(string folder, RunnableModel model, CancellationToken stop)
    {
        if (!model.Capabilities.Contains(Capability.Generate)) return null;
        try
        {
            return await ChatTemplate.FindAsync(new FolderFiles(folder), stop) is { } template ? new(template) : null;
        }
        catch (TemplateException)
        {
            return null;
        }
    }

    /// <param name="request">May hold <c>add_generation_prompt</c>, <c>continue_final_message</c> and <c>chat_template_kwargs</c>.</param>
    public string Render(JsonArray messages, JsonObject request)
    {
        var list = messages.Select(node => node is JsonObject message ? new ChatMessage(message.Text("role") ?? "user", message.Text("content") ?? "") : throw RequestParts.Bad("A message must be an object.")).ToList();
        if (list.Count == 0) throw RequestParts.Bad("There are no messages.");
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in request["chat_template_kwargs"] as JsonObject ?? []) values[key] = Plain(value);
        try
        {
            return request.Flag("continue_final_message") ? _template.RenderOpen(list, values, DateTimeOffset.UtcNow) : _template.Render(list, request.Flag("add_generation_prompt", otherwise: true), values, DateTimeOffset.UtcNow);
        }
        catch (TemplateException e)
        {
            throw new InferenceException(e.Fault == TemplateFault.Raised ? InferenceFault.Input : InferenceFault.Model, $"The model's chat template: {e.Message}", e);
        }
    }

    static object? Plain(JsonNode? node) => node switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        JsonValue value when value.TryGetValue(out long whole) => whole,
        JsonValue value when value.TryGetValue(out double real) => real,
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw RequestParts.Bad("\"chat_template_kwargs\" may hold texts, numbers, true and false."),
    };
}

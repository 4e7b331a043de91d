using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>A part of a prompt: a turn of a conversation, or text followed by its delimiter (lm-evaluation-harness, api/utils.py, Message).</summary>
readonly record struct Turn(string Role, string Content, string Delimiter = "")
{
    public static string Text(IEnumerable<Turn> turns) => string.Concat(turns.Select(turn => turn.Content + turn.Delimiter));

    /// <summary>One message of the user (and what system and assistant say before and after) instead of a turn for each example.</summary>
    public static List<ChatMessage> InOneMessage(IReadOnlyList<Turn> turns)
    {
        var messages = new List<ChatMessage>();
        if (turns[0].Role == "system") messages.Add(new("system", turns[0].Content));
        var rest = turns.Skip(messages.Count).ToList();
        var isOpen = rest[^1].Role == "assistant";
        var said = isOpen ? rest[..^1] : rest;
        messages.Add(new("user", Text(said[..^1]) + said[^1].Content));
        if (isOpen) messages.Add(new("assistant", rest[^1].Content));
        return messages;
    }

    /// <summary>Both texts, with a delimiter where neither has white space at the seam.</summary>
    public static string Join(string? first, string? second, string delimiter)
    {
        if (string.IsNullOrEmpty(first)) return second ?? "";
        if (string.IsNullOrEmpty(second)) return first;
        return first + (NeedsDelimiter(first, second) ? delimiter : "") + second;
    }

    public static bool NeedsDelimiter(string first, string second) => first.Length > 0 && !PythonString.IsSpace(first[^1]) && !PythonString.IsSpace(second[0]);
}

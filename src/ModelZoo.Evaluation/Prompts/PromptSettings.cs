using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>How this run words its prompts, beside what the task says: part of the protocol of a score.</summary>
public sealed record PromptSettings
{
    /// <summary>lm-evaluation-harness's default for examples.</summary>
    public const int DefaultFewshotSeed = 1234;

    /// <summary>Null: the task's own number.</summary>
    public int? NumFewshot { get; init; }
    public int FewshotSeed { get; init; } = DefaultFewshotSeed;

    /// <summary>Text before the description.</summary>
    public string? SystemInstruction { get; init; }

    /// <summary>Null: plain text.</summary>
    public ChatRenderer? Chat { get; init; }

    /// <summary>With a chat template: each example is a turn of its own, instead of all in one message.</summary>
    public bool FewshotAsMultiturn { get; init; }
}

/// <summary>Words a conversation as a model's chat template does.</summary>
/// <param name="opensAnswer">True: ends where the assistant's answer begins. False: the last message is the beginning of the answer, and is left open.</param>
public delegate string ChatRenderer(IReadOnlyList<ChatMessage> messages, bool opensAnswer);

using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>What a push wants of one reference: null before makes it, null after removes it.</summary>
sealed record PushCommand(string Name, ObjectId? Before, ObjectId? After);

/// <summary>How one command ended; null: as wanted.</summary>
sealed record PushedReference(PushCommand Command, string? Problem);

/// <summary>How a push ended: command by command in the order they came, and words for the person who pushed.</summary>
sealed record PushOutcome(IReadOnlyList<PushedReference> References, IReadOnlyList<string> Words);

namespace ModelZoo.Learning.Merging;

/// <summary>Models cannot be merged as asked. The message says why and what would work, and may be shown to anybody.</summary>
public sealed class MergeException(string message) : Exception(message);

namespace ModelZoo.Learning.FineTuning;

/// <summary>A model, its data or the settings cannot be fine-tuned as asked. The message may be shown to anybody.</summary>
public sealed class FineTuneException(string message) : Exception(message);

namespace ModelZoo.Evaluation;

/// <summary>A task, a dataset, a submission or a model does not allow what was asked; the message says where and why, for whoever brought it.</summary>
public sealed class EvaluationException(string message, Exception? inner = null) : Exception(message, inner);

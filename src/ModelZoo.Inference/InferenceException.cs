namespace ModelZoo.Inference;

/// <summary>What kind of thing went wrong, for callers that answer differently.</summary>
public enum InferenceFault
{
    /// <summary>The model or one of its files is broken, hostile, or uses what is not supported.</summary>
    Model,

    /// <summary>What was given to the model does not fit it.</summary>
    Input,

    /// <summary>The work would exceed a limit on memory, size or number.</summary>
    Limit,

    /// <summary>The native library failed while it computed.</summary>
    Execution,

    /// <summary>There is no native library here.</summary>
    NoRuntime,
}

/// <summary>A model could not be loaded or run. The message names the defect and, where there is one, the input or file.</summary>
public sealed class InferenceException(InferenceFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public InferenceFault Fault { get; } = fault;
}

namespace ModelZoo.Profiling;

/// <summary>A configuration, table or graph that no profile can be made from; the message names the defect.</summary>
public sealed class ProfileException : Exception
{
    public ProfileException(string message) : base(message)
    {
    }

    public ProfileException(string message, Exception inner) : base(message, inner)
    {
    }
}

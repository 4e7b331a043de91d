namespace ModelZoo.Learning.Populations;

/// <summary>A population cannot be made, read or changed as asked. The message says why and what would help, and may be shown to anybody.</summary>
public sealed class PopulationException : Exception
{
    public PopulationException(string message) : base(message) { }

    public PopulationException(string message, Exception cause) : base(message, cause) { }
}

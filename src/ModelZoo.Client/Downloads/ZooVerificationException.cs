namespace ModelZoo.Client;

/// <summary>Content arrived that is not what its digest names. Nothing wrong was left on disk.</summary>
public sealed class ZooVerificationException : IOException
{
    /// <summary>Makes the exception.</summary>
    public ZooVerificationException(string message) : base(message) { }
}

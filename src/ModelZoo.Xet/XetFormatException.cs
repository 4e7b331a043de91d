namespace ModelZoo.Xet;

/// <summary>Bytes from outside that are not what they claim to be; the message says which part and why.</summary>
public sealed class XetFormatException : FormatException
{
    public XetFormatException() { }
    public XetFormatException(string message) : base(message) { }
    public XetFormatException(string message, Exception inner) : base(message, inner) { }
}

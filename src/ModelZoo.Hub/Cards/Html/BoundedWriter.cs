namespace ModelZoo.Hub.Cards;

/// <summary>Collects text up to a length and then refuses more.</summary>
sealed class BoundedWriter(int maxLength) : StringWriter
{
    int _left = maxLength;

    public override void Write(char value)
    {
        Take(1);
        base.Write(value);
    }

    public override void Write(string? value)
    {
        Take(value?.Length ?? 0);
        base.Write(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        Take(count);
        base.Write(buffer, index, count);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Take(buffer.Length);
        base.Write(buffer);
    }

    void Take(int count)
    {
        if (count > _left) throw new FullException();
        _left -= count;
    }

    public sealed class FullException : Exception;
}

namespace ModelZoo.Git;

/// <summary>Reads pkt-lines from a stream and not a byte more, so that what follows them can be read from the same stream.</summary>
public sealed class PktLineReader(Stream input)
{
    readonly byte[] _line = new byte[PktLine.MaxBytes];

    /// <summary>The line just read; valid until the next one is.</summary>
    public ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>The line as text, without the line feed that may end it.</summary>
    public string Text => UnicodeText.Decode(Data.Span is [.., (byte)'\n'] ? Data.Span[..^1] : Data.Span);

    /// <returns>Null at the end of the stream.</returns>
    /// <exception cref="FormatException">The line is malformed or cut off.</exception>
    public async ValueTask<PktKind?> ReadAsync(CancellationToken stop)
    {
        Data = default;
        var read = await input.ReadAtLeastAsync(_line.AsMemory(0, 4), 4, throwOnEndOfStream: false, stop);
        if (read == 0) return null;
        if (read < 4) throw new FormatException("The stream ends within the length of a pkt-line.");
        var length = PktLine.ParseLength(_line, out var kind);
        if (length == 0) return kind;
        if (await input.ReadAtLeastAsync(_line.AsMemory(0, length), length, throwOnEndOfStream: false, stop) < length)
            throw new FormatException("The stream ends within a pkt-line.");
        Data = _line.AsMemory(0, length);
        return kind;
    }
}

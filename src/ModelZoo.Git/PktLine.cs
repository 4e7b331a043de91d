namespace ModelZoo.Git;

/// <summary>What a pkt-line is: a line of data, or one of the three marks between lines (gitprotocol-common, gitprotocol-v2).</summary>
public enum PktKind { Data, Flush, Delimiter, ResponseEnd }

/// <summary>The framing of git's wire protocol: four hex digits say how long a line is, they themselves counted.</summary>
public static class PktLine
{
    /// <summary>Longest line with its length digits (gitprotocol-common: 65520).</summary>
    public const int MaxBytes = 65520;

    public const int MaxData = MaxBytes - 4;

    public static ReadOnlySpan<byte> Flush => "0000"u8;

    /// <summary>Reads the four digits before a line.</summary>
    /// <returns>How many bytes of data follow; 0 for the marks.</returns>
    /// <exception cref="FormatException">Not hex digits, or a length that no line has.</exception>
    public static int ParseLength(ReadOnlySpan<byte> digits, out PktKind kind)
    {
        var length = 0;
        foreach (var digit in digits[..4])
        {
            var value = char.IsAsciiHexDigit((char)digit) ? Convert.ToInt32(((char)digit).ToString(), 16)
                : throw new FormatException("A pkt-line does not begin with four hex digits.");
            length = length * 16 + value;
        }
        kind = length switch { 0 => PktKind.Flush, 1 => PktKind.Delimiter, 2 => PktKind.ResponseEnd, _ => PktKind.Data };
        if (length is 3 or > MaxBytes) throw new FormatException($"A pkt-line cannot have the length {length}.");
        return kind == PktKind.Data ? length - 4 : 0;
    }

    /// <summary>Appends one line of data.</summary>
    /// <exception cref="ArgumentException">More data than one line holds.</exception>
    public static void Write(Stream output, ReadOnlySpan<byte> data)
    {
        if (data.Length > MaxData) throw new ArgumentException($"A pkt-line holds at most {MaxData} bytes.", nameof(data));
        Span<byte> digits = stackalloc byte[4];
        (data.Length + 4).TryFormat(digits, out _, "x4", System.Globalization.CultureInfo.InvariantCulture);
        output.Write(digits);
        output.Write(data);
    }

    public static void Write(Stream output, string text) => Write(output, System.Text.Encoding.UTF8.GetBytes(text));

    public static void WriteFlush(Stream output) => output.Write(Flush);

    /// <summary>Appends data of any length on one band (1: the answer, 2: words for the person, 3: a fatal error), in lines of at most <see cref="MaxData"/>.</summary>
    public static void WriteBand(Stream output, byte band, ReadOnlySpan<byte> data)
    {
        var line = new byte[Math.Min(data.Length, MaxData - 1) + 1];
        line[0] = band;
        while (!data.IsEmpty)
        {
            var part = Math.Min(data.Length, MaxData - 1);
            data[..part].CopyTo(line.AsSpan(1));
            Write(output, line.AsSpan(0, part + 1));
            data = data[part..];
        }
    }
}

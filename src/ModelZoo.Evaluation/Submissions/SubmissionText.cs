using System.Text;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>Bytes of submissions as text: UTF-8 or refused, and never more than allowed.</summary>
static class SubmissionText
{
    /// <summary>Longest line: a sample with its prompt and answers.</summary>
    const int MaxLine = 16 << 20;

    static readonly UTF8Encoding s_strict = new(false, true);

    /// <summary>The beginning, with whatever a cut letter becomes.</summary>
    public static string Head(SubmissionFile file, int bytes)
    {
        using var stream = file.Open();
        var buffer = new byte[Math.Min(bytes, Math.Max(0, file.SizeBytes))];
        var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(buffer.AsSpan(0, read)).TrimStart('\uFEFF');
    }

    public static byte[] Whole(SubmissionFile file, SubmissionOptions options)
    {
        if (file.SizeBytes > options.MaxDocumentBytes) throw new EvaluationException($"{file.Path}: the file has {file.SizeBytes} bytes; at most {options.MaxDocumentBytes} are read.");
        using var stream = file.Open();
        var content = new byte[file.SizeBytes];
        var read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        var text = content.AsSpan(0, read);
        if (text.StartsWith("\uFEFF"u8)) text = text[3..];
        if (!System.Text.Unicode.Utf8.IsValid(text)) throw new EvaluationException($"{file.Path}: the file is not UTF-8.");
        return text.Length == content.Length ? content : text.ToArray();
    }

    public static string Text(SubmissionFile file, SubmissionOptions options) => Encoding.UTF8.GetString(Whole(file, options));

    /// <summary>Lines that are not empty, with their numbers.</summary>
    public static IEnumerable<(int Number, string Line)> Lines(SubmissionFile file, SubmissionOptions options)
    {
        var number = 0;
        using var reader = Reader(file, options);
        var line = new StringBuilder();
        var buffer = new char[1 << 16];
        for (int read; (read = Read(file, reader, buffer, number)) > 0;)
        {
            for (var at = 0; at < read;)
            {
                var end = Array.IndexOf(buffer, '\n', at, read - at);
                line.Append(buffer, at, (end < 0 ? read : end) - at);
                if (line.Length > MaxLine) throw new EvaluationException($"{file.Path}, line {number + 1}: the line is longer than {MaxLine} characters.");
                if (end < 0) break;
                at = end + 1;
                number++;
                var whole = line.ToString().Trim();
                line.Clear();
                if (whole.Length > 0) yield return (number, whole);
            }
        }
        var last = line.ToString().Trim();
        if (last.Length > 0) yield return (number + 1, last);
    }

    /// <summary>Rows of a CSV file with quotes as RFC 4180 has them, and the line on which each begins.</summary>
    public static IEnumerable<(int Number, List<string> Cells)> Rows(SubmissionFile file, SubmissionOptions options)
    {
        var (number, began) = (1, 1);
        using var reader = Reader(file, options);
        var (cells, cell, quoted, wasQuoted, size) = (new List<string>(), new StringBuilder(), false, false, 0);
        var buffer = new char[1 << 16];
        for (int read; (read = Read(file, reader, buffer, number)) > 0;)
        {
            for (var i = 0; i < read; i++)
            {
                var c = buffer[i];
                if (c == '\n') number++;
                if (++size > MaxLine || cells.Count > 10_000) throw new EvaluationException($"{file.Path}, line {began}: the row is too long.");
                if (c == '"' && (quoted || cell.Length == 0))
                {
                    // A second quote right after a closing one is a quote itself.
                    if (!quoted && wasQuoted) cell.Append('"');
                    (quoted, wasQuoted) = (!quoted, true);
                }
                else if (c == '"' && wasQuoted)
                {
                    cell.Append('"');
                    quoted = true;
                }
                else if (quoted || c is not (',' or '\n' or '\r')) cell.Append(c);
                else if (c == ',') End();
                else if (c == '\n')
                {
                    End();
                    if (cells.Count > 1 || cells[0].Length > 0) yield return (began, cells);
                    (cells, began, size) = ([], number, 0);
                }
            }
        }
        if (quoted) throw new EvaluationException($"{file.Path}, line {began}: a quote is not closed.");
        if (cell.Length > 0 || cells.Count > 0)
        {
            End();
            yield return (began, cells);
        }

        void End()
        {
            cells.Add(cell.ToString());
            cell.Clear();
            wasQuoted = false;
        }
    }

    static StreamReader Reader(SubmissionFile file, SubmissionOptions options) =>
        file.SizeBytes > options.MaxLinesBytes ? throw new EvaluationException($"{file.Path}: the file has {file.SizeBytes} bytes; at most {options.MaxLinesBytes} are read.")
            : new(file.Open(), s_strict, detectEncodingFromByteOrderMarks: false);

    static int Read(SubmissionFile file, StreamReader reader, char[] buffer, int line)
    {
        try
        {
            var read = reader.Read(buffer);
            // A mark of byte order is no part of the text.
            if (line <= 1 && read > 0 && buffer[0] == '\uFEFF') buffer[0] = ' ';
            return read;
        }
        catch (DecoderFallbackException)
        {
            throw new EvaluationException($"{file.Path}, after line {line}: the file is not UTF-8.");
        }
    }
}

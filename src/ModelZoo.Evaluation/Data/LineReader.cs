using System.Text;

namespace ModelZoo.Evaluation.Data;

/// <summary>Lines of a file as UTF-8 bytes, each bounded. A carriage return before the line feed belongs to the end of the line.</summary>
sealed class LineReader(Stream content, DataFile file, int maxBytes)
{
    static readonly byte[] s_mark = [0xEF, 0xBB, 0xBF];

    readonly UTF8Encoding _utf8 = new(false, throwOnInvalidBytes: true);
    byte[] _buffer = new byte[1 << 16];
    int _start, _end;
    bool _isDone;

    /// <summary>Of the line that was read last, from 1.</summary>
    public long Line { get; private set; }

    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        var searched = _start;
        while (true)
        {
            var at = Array.IndexOf(_buffer, (byte)'\n', searched, _end - searched);
            if (at >= 0 || (_isDone && _end > _start))
            {
                var (from, end) = (_start, at >= 0 ? at : _end);
                _start = at >= 0 ? at + 1 : _end;
                if (end - from > maxBytes) throw file.BadLine(Line + 1, $"longer than {maxBytes} bytes.");
                if (end > from && _buffer[end - 1] == '\r') end--;
                if (Line++ == 0 && _buffer.AsSpan(from, end - from).StartsWith(s_mark)) from += s_mark.Length;
                line = _buffer.AsMemory(from, end - from);
                return true;
            }
            line = default;
            if (_isDone) return false;
            searched = _end - _start;
            if (_start > 0) _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, searched);
            if (_end == _buffer.Length)
            {
                if (_buffer.Length >= maxBytes) throw file.BadLine(Line + 1, $"longer than {maxBytes} bytes.");
                Array.Resize(ref _buffer, Math.Min(maxBytes, _buffer.Length * 2));
            }
            var read = content.Read(_buffer.AsSpan(_end));
            _end += read;
            _isDone = read == 0;
        }
    }

    public string Text(ReadOnlyMemory<byte> line)
    {
        try
        {
            return _utf8.GetString(line.Span);
        }
        catch (DecoderFallbackException)
        {
            throw file.BadLine(Line, "not valid UTF-8.");
        }
    }
}

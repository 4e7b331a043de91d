using System.Text;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>Lines of a stream that a stranger writes: one that does not end is cut.</summary>
sealed class BoundedLines(Stream stream, int mostBytes = 4096) : IDisposable
{
    readonly byte[] _buffer = new byte[8192];
    readonly MemoryStream _line = new();
    int _at, _filled;

    /// <summary>The next line without its end, cut to the bound; null when the stream has ended.</summary>
    public async Task<string?> ReadAsync(CancellationToken stop = default)
    {
        _line.SetLength(0);
        for (var any = false; ; any = true)
        {
            if (_at == _filled)
            {
                (_at, _filled) = (0, await stream.ReadAsync(_buffer, stop));
                if (_filled == 0) return any || _line.Length > 0 ? Text() : null;
            }
            var end = _buffer.AsSpan(_at, _filled - _at).IndexOf((byte)'\n');
            var piece = _buffer.AsMemory(_at, end < 0 ? _filled - _at : end);
            _line.Write(piece.Span[..(int)Math.Min(piece.Length, mostBytes - _line.Length)]);
            _at += piece.Length + (end < 0 ? 0 : 1);
            if (end >= 0) return Text();
        }
    }

    public void Dispose() => _line.Dispose();

    string Text() => Encoding.UTF8.GetString(_line.GetBuffer(), 0, (int)_line.Length).TrimEnd('\r').Replace('\0', '\uFFFD');
}

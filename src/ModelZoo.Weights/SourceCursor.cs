using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// Reads a source forwards through one window that grows while reading goes on, so that a short header costs one small read and a long
/// one few large reads. What is skipped is not read. Every length is compared with the end before memory is taken for it.
/// </summary>
sealed class SourceCursor(IByteSource source, WeightFormat format, long start = 0, long? end = null)
{
    const int FirstWindow = 64 << 10;
    const int LargestWindow = 1 << 20;

    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    byte[] _window = [];
    long _windowOffset = start;
    int _filled;
    int _next = FirstWindow;

    public long Position { get; private set; } = start;

    public long End { get; } = Math.Min(end ?? source.Length, source.Length);

    public long Remaining => End - Position;

    public bool AtEnd => Position >= End;

    /// <summary>Numbers are stored most significant byte first.</summary>
    public bool BigEndian { get; set; }

    /// <summary>The next bytes, valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count, CancellationToken stop)
    {
        if (!Holds(count)) await FillAsync(count, stop);
        var taken = _window.AsMemory((int)(Position - _windowOffset), count);
        Position += count;
        return taken;
    }

    public void Skip(long count)
    {
        if (count < 0 || count > Remaining) throw Truncated(count);
        Position += count;
    }

    public void MoveTo(long position)
    {
        if (position < 0 || position > End) throw new WeightFormatException(format, $"Offset {position} lies outside the file.");
        Position = position;
    }

    public async ValueTask<byte> ReadByteAsync(CancellationToken stop) => (await TakeAsync(1, stop)).Span[0];

    public async ValueTask<ushort> ReadUInt16Async(CancellationToken stop)
    {
        var bytes = (await TakeAsync(2, stop)).Span;
        return BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public async ValueTask<uint> ReadUInt32Async(CancellationToken stop)
    {
        var bytes = (await TakeAsync(4, stop)).Span;
        return BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public async ValueTask<ulong> ReadUInt64Async(CancellationToken stop)
    {
        var bytes = (await TakeAsync(8, stop)).Span;
        return BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A text of <paramref name="byteCount"/> bytes, which must be UTF-8 and at most <paramref name="limit"/> long.</summary>
    public async ValueTask<string> ReadTextAsync(ulong byteCount, int limit, string what, CancellationToken stop)
    {
        if (byteCount > (ulong)Remaining) throw Truncated((long)Math.Min(byteCount, long.MaxValue));
        if (byteCount > (ulong)limit) throw new WeightFormatException(format, $"{what} has {byteCount} bytes; at most {limit} are read.");
        var bytes = await TakeAsync((int)byteCount, stop);
        try
        {
            return StrictUtf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException problem)
        {
            throw new WeightFormatException(format, $"{what} is not valid UTF-8.", problem);
        }
    }

    public WeightFormatException Truncated(long wanted) => new(format,
        $"The file is truncated: {wanted} bytes are needed at offset {Position}, {Math.Max(0, Remaining)} are there.");

    bool Holds(int count) => Position >= _windowOffset && Position + count <= _windowOffset + _filled;

    async ValueTask FillAsync(int count, CancellationToken stop)
    {
        if (count > Remaining) throw Truncated(count);
        var kept = 0;
        var wanted = (int)Math.Min(Math.Max(count, _next), Remaining);
        var window = _window.Length >= wanted ? _window : new byte[wanted];
        // What the window already holds of the wanted piece is moved, not read again.
        if (Position >= _windowOffset && Position < _windowOffset + _filled)
        {
            var from = (int)(Position - _windowOffset);
            kept = Math.Min(_filled - from, wanted);
            _window.AsSpan(from, kept).CopyTo(window);
        }
        // Whoever reads on wants more at a time; whoever jumped past content wants a short look around the new place.
        _next = Position <= _windowOffset + _filled ? Math.Min(_next * 2, LargestWindow) : FirstWindow;
        _window = window;
        _windowOffset = Position;
        _filled = kept;
        while (_filled < wanted)
        {
            var read = await source.ReadAsync(_windowOffset + _filled, _window.AsMemory(_filled, wanted - _filled), stop);
            if (read <= 0) break;
            _filled += read;
        }
        if (_filled < count) throw Truncated(count);
    }
}

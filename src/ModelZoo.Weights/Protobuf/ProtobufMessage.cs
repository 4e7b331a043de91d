using System.Buffers.Binary;

namespace ModelZoo.Weights.Protobuf;

/// <summary>
/// Steps through the fields of one protobuf message. Numbers are read at once; texts, bytes and inner messages are only located, so that what
/// nobody asks for is never read. Inner messages are bounded by their outer ones.
/// </summary>
sealed class ProtobufMessage
{
    const int MaxVarintBytes = 10;

    readonly SourceCursor _cursor;
    readonly WeightFormat _format;
    readonly long _end;
    readonly int _depth;
    long _next;

    ProtobufMessage(SourceCursor cursor, WeightFormat format, long start, long end, int depth) =>
        (_cursor, _format, _next, _end, _depth) = (cursor, format, start, end, depth);

    public static ProtobufMessage Open(SourceCursor cursor, WeightFormat format) => new(cursor, format, cursor.Position, cursor.End, 0);

    public int Field { get; private set; }

    /// <summary>The field has a length and bytes; otherwise it is a number.</summary>
    public bool HasBytes { get; private set; }

    /// <summary>The value of a number field: a varint, or the bits of a fixed-width number.</summary>
    public ulong Number { get; private set; }

    /// <summary>Where the bytes of the field begin in the file.</summary>
    public long Start { get; private set; }

    public long Length { get; private set; }

    /// <summary>Moves to the next field; false after the last.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken stop)
    {
        if (_next == _end) return false;
        _cursor.MoveTo(_next);
        var tag = await ReadVarintAsync(stop);
        if (tag >> 3 is 0 or > 536_870_911) throw Bad($"There is no protobuf field {tag >> 3} (offset {_next}).");
        Field = (int)(tag >> 3);
        HasBytes = false;
        switch (tag & 7)
        {
            case 0: Number = await ReadVarintAsync(stop); break;
            case 1: Number = BinaryPrimitives.ReadUInt64LittleEndian((await TakeAsync(8, stop)).Span); break;
            case 5: Number = BinaryPrimitives.ReadUInt32LittleEndian((await TakeAsync(4, stop)).Span); break;
            case 2:
                var length = await ReadVarintAsync(stop);
                if (length > (ulong)(_end - _cursor.Position))
                    throw Bad($"Field {Field} at offset {_next} claims {length} bytes, more than its message has: the file is truncated or forged.");
                (HasBytes, Start, Length) = (true, _cursor.Position, (long)length);
                break;
            default: throw Bad($"Protobuf wire type {tag & 7} at offset {_next} is not in use.");
        }
        _next = HasBytes ? Start + Length : _cursor.Position;
        return true;
    }

    /// <summary>The inner message that the current field holds.</summary>
    public ProtobufMessage Enter()
    {
        RequireBytes();
        if (_depth == WeightLimits.MaxDepth) throw Bad($"Messages are nested more than {WeightLimits.MaxDepth} deep.");
        return new(_cursor, _format, Start, Start + Length, _depth + 1);
    }

    public async ValueTask<string> ReadTextAsync(int limit, string what, CancellationToken stop)
    {
        RequireBytes();
        _cursor.MoveTo(Start);
        return await _cursor.ReadTextAsync((ulong)Length, limit, what, stop);
    }

    /// <summary>Adds the numbers of a repeated field, in packed form or one of several single ones.</summary>
    public async ValueTask AddNumbersAsync(List<long> numbers, int limit, string what, CancellationToken stop)
    {
        if (!HasBytes) Add(Number);
        else
        {
            _cursor.MoveTo(Start);
            while (_cursor.Position < _next) Add(await ReadVarintAsync(stop));
            if (_cursor.Position != _next) throw Bad($"{what}: the last number crosses the end of its field.");
        }

        void Add(ulong number)
        {
            if (numbers.Count == limit) throw Bad($"{what} has more than {limit} numbers.");
            numbers.Add((long)number);
        }
    }

    void RequireBytes()
    {
        if (!HasBytes) throw Bad($"Field {Field} must have bytes, but holds a number.");
    }

    async ValueTask<ulong> ReadVarintAsync(CancellationToken stop)
    {
        ulong value = 0;
        for (var i = 0; i < MaxVarintBytes; i++)
        {
            var b = (await TakeAsync(1, stop)).Span[0];
            if (i == MaxVarintBytes - 1 && b > 1) break;
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80) return value;
        }
        throw Bad($"The number at offset {_cursor.Position - MaxVarintBytes} is longer than 64 bits.");
    }

    ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count, CancellationToken stop) =>
        count <= _end - _cursor.Position ? _cursor.TakeAsync(count, stop) : throw Bad($"A field crosses the end of its message at offset {_end}.");

    WeightFormatException Bad(string message) => new(_format, message);
}

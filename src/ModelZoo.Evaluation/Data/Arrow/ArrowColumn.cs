using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ModelZoo.Evaluation.Data.Arrow;

/// <summary>One column of a batch over the batch's bytes; values are made when rows ask for them. Buffers are checked here, offsets when they are used.</summary>
sealed class ArrowColumn
{
    /// <summary>Elements of one list: columns without bytes of their own could claim any number.</summary>
    const int MaxElements = 1 << 24;

    readonly ArrowField _field;
    readonly ReadOnlyMemory<byte> _valid, _offsets, _values;
    readonly ArrowColumn[] _children = [];
    readonly ArrowColumn? _dictionary;

    /// <param name="nodes">Gives length and count of nulls of the next column, depth first.</param>
    /// <param name="buffers">Gives the next buffer of the batch.</param>
    public ArrowColumn(ArrowField field, Func<(long Length, long Nulls)> nodes, Func<ReadOnlyMemory<byte>> buffers, IReadOnlyDictionary<long, ArrowColumn> dictionaries)
    {
        _field = field;
        (Length, var nulls) = nodes();
        // A batch is bounded, so a column that has bytes cannot be longer than this; one without (null, struct) must not be either.
        if (Length is < 0 or > int.MaxValue) throw Broken();
        if (field.Kind == ArrowKind.Null) return;
        _valid = buffers();
        if (nulls == 0) _valid = default;
        else Need(_valid, (Length + 7) / 8);
        switch (field.Kind)
        {
            case ArrowKind.Utf8 or ArrowKind.Binary or ArrowKind.LargeUtf8 or ArrowKind.LargeBinary:
                _offsets = Offsets(buffers());
                _values = buffers();
                break;
            case ArrowKind.List or ArrowKind.LargeList or ArrowKind.Map:
                _offsets = Offsets(buffers());
                break;
            case ArrowKind.Struct or ArrowKind.FixedList: break;
            default:
                _values = buffers();
                Need(_values, field.Kind switch { ArrowKind.Bool => (Length + 7) / 8, ArrowKind.FixedBinary => Length * field.Width, _ => Length * (field.Width / 8) });
                break;
        }
        if (field.Dictionary is not { } number) _children = [.. field.Children.Select(child => new ArrowColumn(child, nodes, buffers, dictionaries))];
        else _dictionary = dictionaries.GetValueOrDefault(number) ?? throw new EvaluationException($"The column '{field.Name}' refers to a dictionary that the Arrow file does not have.");
    }

    public long Length { get; }

    public object? this[long i]
    {
        get
        {
            if ((ulong)i >= (ulong)Length) throw Broken();
            if (_field.Kind == ArrowKind.Null || (!_valid.IsEmpty && !Bit(_valid, i))) return null;
            return _dictionary is null ? Value(i) : _dictionary[Number(_values.Span, i, _field.Width, _field.IsSigned)];
        }
    }

    object? Value(long i)
    {
        var values = _values.Span;
        switch (_field.Kind)
        {
            case ArrowKind.Int:
                var number = Number(values, i, _field.Width, _field.IsSigned);
                return !_field.IsSigned && number < 0 ? (double)(ulong)number : number;
            case ArrowKind.Float:
                return _field.Width switch
                {
                    16 => (double)BinaryPrimitives.ReadHalfLittleEndian(values[(int)(2 * i)..]),
                    32 => (double)BinaryPrimitives.ReadSingleLittleEndian(values[(int)(4 * i)..]),
                    _ => BinaryPrimitives.ReadDoubleLittleEndian(values[(int)(8 * i)..]),
                };
            case ArrowKind.Bool: return Bit(_values, i);
            case ArrowKind.Utf8 or ArrowKind.LargeUtf8: return Encoding.UTF8.GetString(Piece(i).Span);
            // A copy, so that one picture does not keep its whole batch.
            case ArrowKind.Binary or ArrowKind.LargeBinary: return new ReadOnlyMemory<byte>(Piece(i).ToArray());
            case ArrowKind.FixedBinary: return new ReadOnlyMemory<byte>(_values.Slice((int)(i * _field.Width), _field.Width).ToArray());
            case ArrowKind.Decimal:
                var size = _field.Width / 8;
                return (double)new BigInteger(values.Slice((int)(i * size), size)) / Math.Pow(10, _field.Unit);
            case ArrowKind.Date: return Moments.Day(_field.Unit == 0 ? Number(values, i, 32, true) : Number(values, i, 64, true) / 86_400_000);
            case ArrowKind.Timestamp: return Moments.Time(Number(values, i, 64, true), _field.Unit);
            case ArrowKind.Time or ArrowKind.Duration: return Number(values, i, _field.Width, true);
            case ArrowKind.Struct:
                var fields = new Dictionary<string, object?>(_children.Length);
                for (var c = 0; c < _children.Length; c++) fields[_field.Children[c].Name] = _children[c][i];
                return fields;
            case ArrowKind.FixedList: return Elements(i * _field.Width, (i + 1) * _field.Width);
            case ArrowKind.Map:
                var map = new Dictionary<string, object?>();
                foreach (var entry in Elements(Offset(i), Offset(i + 1)))
                    if (entry is Dictionary<string, object?> pair && pair.Values.FirstOrDefault() is { } key) map[Convert.ToString(key)!] = pair.Values.Skip(1).FirstOrDefault();
                return map;
            default: return Elements(Offset(i), Offset(i + 1));
        }
    }

    List<object?> Elements(long from, long to)
    {
        if (from < 0 || to < from || to > _children[0].Length || to - from > MaxElements) throw Broken();
        var elements = new List<object?>((int)(to - from));
        for (var i = from; i < to; i++) elements.Add(_children[0][i]);
        return elements;
    }

    ReadOnlyMemory<byte> Piece(long i)
    {
        var (from, to) = (Offset(i), Offset(i + 1));
        if (from < 0 || to < from || to > _values.Length) throw Broken();
        return _values[(int)from..(int)to];
    }

    bool HasLargeOffsets => _field.Kind is ArrowKind.LargeList or ArrowKind.LargeUtf8 or ArrowKind.LargeBinary;

    long Offset(long i) => HasLargeOffsets ? BinaryPrimitives.ReadInt64LittleEndian(_offsets.Span[(int)(8 * i)..]) : BinaryPrimitives.ReadInt32LittleEndian(_offsets.Span[(int)(4 * i)..]);

    ReadOnlyMemory<byte> Offsets(ReadOnlyMemory<byte> buffer)
    {
        // An empty column may leave its only offset out.
        if (Length > 0) Need(buffer, (Length + 1) * (HasLargeOffsets ? 8 : 4));
        return buffer;
    }

    static long Number(ReadOnlySpan<byte> values, long i, int width, bool isSigned) => (width, isSigned) switch
    {
        (8, true) => (sbyte)values[(int)i],
        (8, false) => values[(int)i],
        (16, true) => BinaryPrimitives.ReadInt16LittleEndian(values[(int)(2 * i)..]),
        (16, false) => BinaryPrimitives.ReadUInt16LittleEndian(values[(int)(2 * i)..]),
        (32, true) => BinaryPrimitives.ReadInt32LittleEndian(values[(int)(4 * i)..]),
        (32, false) => BinaryPrimitives.ReadUInt32LittleEndian(values[(int)(4 * i)..]),
        _ => BinaryPrimitives.ReadInt64LittleEndian(values[(int)(8 * i)..]),
    };

    static bool Bit(ReadOnlyMemory<byte> bits, long i) => (bits.Span[(int)(i / 8)] >> (int)(i % 8) & 1) != 0;

    void Need(ReadOnlyMemory<byte> buffer, long size)
    {
        if (buffer.Length < size) throw Broken();
    }

    EvaluationException Broken() => new($"The column '{_field.Name}' of the Arrow file is broken: it has fewer bytes or elements than it says.");
}

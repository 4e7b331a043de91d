using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Fuzz.Targets.Weights;

/// <summary>A FlatBuffer of one subgraph with two tensors, one of them constant, and an operator.</summary>
sealed class TFLiteTarget : WeightTarget
{
    readonly List<byte> _bytes = [];

    public override string Name => "tflite";

    protected override IEnumerable<byte[]> Files()
    {
        _bytes.Clear();
        _bytes.AddRange([0, 0, 0, 0, .. "TFL3"u8]);
        var model = Table(0, 5);
        Put(Slot(model, 0), 3);
        var code = Table(Vector(Slot(model, 1), 1), 4);
        Put(Slot(code, 3), 3);
        var buffers = Vector(Slot(model, 4), 2);
        Table(buffers, 1);
        var constant = Table(buffers + 4, 1);
        Vector(Slot(constant, 0), 8);
        var graph = Table(Vector(Slot(model, 2), 1), 4);
        var tensors = Vector(Slot(graph, 0), 2);
        Tensor(tensors, "x", 0);
        Tensor(tensors + 4, "w", 1);
        Vector(Slot(graph, 1), 1);
        Put(Vector(Slot(graph, 2), 1), 1);
        Table(Vector(Slot(graph, 3), 1), 1);
        _bytes.AddRange(new byte[16]);
        yield return [.. _bytes];
    }

    void Tensor(int slot, string name, int buffer)
    {
        var tensor = Table(slot, 8);
        Put(Vector(Slot(tensor, 0), 1), 2);
        Put(Slot(tensor, 2), buffer);
        Point(Slot(tensor, 3), _bytes.Count);
        _bytes.AddRange([.. BitConverter.GetBytes(name.Length), .. Encoding.ASCII.GetBytes(name.PadRight(4, '\0'))]);
    }

    /// <summary>A table of so many fields of four bytes, all of them absent, behind its own list of their places.</summary>
    /// <param name="slot">What points to it.</param>
    (int At, int List) Table(int slot, int fields)
    {
        var list = _bytes.Count;
        _bytes.AddRange([(byte)(4 + 2 * fields), 0, (byte)(4 + 4 * fields), 0, .. new byte[2 * fields]]);
        while (_bytes.Count % 4 != 0) _bytes.Add(0);
        var at = _bytes.Count;
        _bytes.AddRange(BitConverter.GetBytes(at - list));
        _bytes.AddRange(new byte[4 * fields]);
        Point(slot, at);
        return (at, list);
    }

    /// <summary>Makes a field present and says where it lies.</summary>
    int Slot((int At, int List) table, int field)
    {
        _bytes[table.List + 4 + 2 * field] = (byte)(4 + 4 * field);
        return table.At + 4 + 4 * field;
    }

    /// <summary>So many numbers of four bytes (or eight bytes, counted as bytes); where the first lies.</summary>
    int Vector(int slot, int count)
    {
        Point(slot, _bytes.Count);
        _bytes.AddRange(BitConverter.GetBytes(count));
        _bytes.AddRange(new byte[count == 8 ? 8 : 4 * count]);
        return _bytes.Count - (count == 8 ? 8 : 4 * count);
    }

    void Point(int slot, int target) => Put(slot, target - slot);

    void Put(int at, int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        for (var i = 0; i < 4; i++) _bytes[at + i] = bytes[i];
    }
}

using System.Runtime.InteropServices;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Populations;

/// <summary>Numbers with a shape, to be written as a tensor.</summary>
sealed record TorchValues(int[] Shape, float[] Values)
{
    public static TorchValues Of(params float[] values) => new([values.Length], values);

    /// <summary>Values that differ from tensor to tensor.</summary>
    public static TorchValues Made(int salt, params int[] shape) => new(shape, [.. Enumerable.Range(0, shape.Aggregate(1, (product, axis) => product * axis)).Select(i => MathF.Sin(i + 100 * salt))]);
}

/// <summary>Writes dictionaries, lists, numbers, words and tensors as torch.save does: what training programs leave behind.</summary>
static class TorchTree
{
    public static byte[] Write(object tree)
    {
        var storages = new List<(string, byte[])>();
        var pickle = TorchFiles.Pickle();
        Add(pickle, tree, storages);
        return TorchFiles.Zip(pickle.Ascii("."), more: [.. storages]);
    }

    public static void Save(string path, object tree)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Write(tree));
    }

    /// <summary>A state dictionary.</summary>
    public static Dictionary<string, object?> State(params (string Name, TorchValues Values)[] tensors) => tensors.ToDictionary(tensor => tensor.Name, tensor => (object?)tensor.Values);

    static void Add(Bytes pickle, object? value, List<(string, byte[])> storages)
    {
        switch (value)
        {
            case null: pickle.Ascii("N"); break;
            case bool flag: pickle.Raw(flag ? (byte)0x88 : (byte)0x89); break;
            case int number: pickle.Int(number); break;
            case double number:
                pickle.Ascii("G").Raw([.. BitConverter.GetBytes(number).Reverse()]);
                break;
            case string text: pickle.Text(text); break;
            case TorchValues tensor:
                var strides = new int[tensor.Shape.Length];
                for (var (i, step) = (strides.Length - 1, 1); i >= 0; step *= tensor.Shape[i--]) strides[i] = step;
                pickle.Tensor("FloatStorage", $"{storages.Count}", tensor.Values.Length, 0, tensor.Shape, strides);
                storages.Add(($"m/data/{storages.Count}", MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray()));
                break;
            case Dictionary<string, object?> map:
                pickle.Global("collections", "OrderedDict").Ascii(")R(");
                foreach (var (key, item) in map)
                {
                    pickle.Text(key);
                    Add(pickle, item, storages);
                }
                pickle.Ascii("u");
                break;
            case Dictionary<int, object?> map:
                pickle.Ascii("}(");
                foreach (var (key, item) in map)
                {
                    pickle.Int(key);
                    Add(pickle, item, storages);
                }
                pickle.Ascii("u");
                break;
            case System.Collections.IEnumerable list:
                pickle.Ascii("](");
                foreach (var item in list) Add(pickle, item, storages);
                pickle.Ascii("e");
                break;
            default: throw new ArgumentException($"{value.GetType()} is not written.", nameof(value));
        }
    }
}

using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelZoo.Inference.Runtime;

/// <summary>
/// A tensor that models take and give: numbers of one type in row-major order, or texts. Made over managed memory it copies nothing: the memory is
/// pinned until the tensor is disposed. Made by a model it owns native memory, which <see cref="Span{T}"/> shows until then.
/// </summary>
public sealed unsafe class Tensor : IDisposable
{
    readonly OrtHandle _value;
    readonly long[] _shape;
    readonly MemoryHandle _pin;
    readonly void* _data;

    Tensor(OrtHandle value, ElementType type, long[] shape, void* data, MemoryHandle pin)
    {
        (_value, Type, _shape, _pin) = (value, type, shape, pin);
        _data = data;
    }

    public ElementType Type { get; }

    /// <summary>Lengths of the axes, slowest first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    public long Count => Product(_shape);

    public long ByteCount => Type == ElementType.String ? 0 : Bytes(Type, Count);

    internal OrtHandle Value => _value;

    /// <summary>Over memory of the caller, which it may refill between runs.</summary>
    /// <exception cref="InferenceException">The memory holds fewer or more elements than the shape has.</exception>
    public static Tensor Of<T>(Memory<T> memory, params ReadOnlySpan<long> shape) where T : unmanaged => Of(memory, ElementTypes.Of<T>(), shape);

    /// <summary>Over memory whose bits have another meaning than the C# type says, such as bfloat16 in <see cref="ushort"/>.</summary>
    public static Tensor Of<T>(Memory<T> memory, ElementType type, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var api = OnnxRuntime.Api;
        var lengths = shape.ToArray();
        var bytes = Bytes(type, Product(lengths));
        if ((long)memory.Length * sizeof(T) != bytes)
            throw new InferenceException(InferenceFault.Input, $"{memory.Length} elements of {sizeof(T)} bytes do not fill a tensor of {type} [{string.Join(", ", lengths)}].");
        var pin = memory.Pin();
        try
        {
            nint value = 0;
            // An empty tensor still needs an address that is not null.
            var data = pin.Pointer is null ? (void*)OnnxRuntime.CpuMemory : pin.Pointer;
            fixed (long* first = lengths)
                api.Call(OrtSlot.CreateTensorWithDataAsOrtValue, OnnxRuntime.CpuMemory, (nint)data, (nint)bytes, (nint)first, lengths.Length, (nint)type, (nint)(&value));
            return new(new(api, value, OrtSlot.ReleaseValue), type, lengths, data, pin);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    public static Tensor Scalar<T>(T value) where T : unmanaged => Of<T>(new[] { value });

    public static Tensor Texts(IReadOnlyList<string> texts, params ReadOnlySpan<long> shape)
    {
        var api = OnnxRuntime.Api;
        var lengths = shape.ToArray();
        if (Product(lengths) != texts.Count) throw new InferenceException(InferenceFault.Input, $"{texts.Count} texts do not fill a tensor [{string.Join(", ", lengths)}].");
        nint value = 0;
        fixed (long* first = lengths)
            api.Call(OrtSlot.CreateTensorAsOrtValue, OnnxRuntime.Allocator, (nint)first, lengths.Length, (nint)ElementType.String, (nint)(&value));
        var handle = new OrtHandle(api, value, OrtSlot.ReleaseValue);
        using var native = new NativeNames(texts);
        api.Call(OrtSlot.FillStringTensor, value, native.Pointer, texts.Count);
        return new(handle, ElementType.String, lengths, null, default);
    }

    /// <summary>Takes over a tensor that the library made.</summary>
    internal static Tensor Adopt(nint value)
    {
        var api = OnnxRuntime.Api;
        var handle = new OrtHandle(api, value, OrtSlot.ReleaseValue);
        try
        {
            var description = api.Ask(OrtSlot.GetTensorTypeAndShape, value);
            try
            {
                var (type, shape) = Describe(api, description);
                var data = type == ElementType.String ? null : (void*)api.Ask(OrtSlot.GetTensorMutableData, value);
                return new(handle, type, shape, data, default);
            }
            finally
            {
                api.Release(OrtSlot.ReleaseTensorTypeAndShapeInfo, description);
            }
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    internal static (ElementType Type, long[] Shape) Describe(OrtApi api, nint description)
    {
        int type = 0;
        api.Call(OrtSlot.GetTensorElementType, description, (nint)(&type));
        var shape = new long[(int)api.Ask(OrtSlot.GetDimensionsCount, description)];
        fixed (long* first = shape) api.Call(OrtSlot.GetDimensions, description, (nint)first, shape.Length);
        return ((ElementType)type, shape);
    }

    /// <summary>The elements, without a copy. Valid until the tensor is disposed.</summary>
    public Span<T> Span<T>() where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_value.IsClosed, this);
        if (Type == ElementType.String) throw new InferenceException(InferenceFault.Input, "A tensor of texts has no numbers.");
        var bytes = ByteCount;
        if (bytes % sizeof(T) != 0 || (Type.ByteWidth() != 0 && Type.ByteWidth() != sizeof(T)))
            throw new InferenceException(InferenceFault.Input, $"A tensor of {Type} cannot be read as {typeof(T).Name}.");
        return new(_data, checked((int)(bytes / sizeof(T))));
    }

    /// <summary>The raw bytes of the elements, little-endian.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        ObjectDisposedException.ThrowIf(_value.IsClosed, this);
        if (Type == ElementType.String) throw new InferenceException(InferenceFault.Input, "A tensor of texts has no numbers.");
        return new(_data, checked((int)ByteCount));
    }

    /// <summary>The numbers as floats, whatever real or whole type they have.</summary>
    public float[] ToFloats()
    {
        var result = new float[checked((int)Count)];
        switch (Type)
        {
            case ElementType.Float: Span<float>().CopyTo(result); break;
            case ElementType.Float16: Convert<Half>(result, static x => (float)x); break;
            case ElementType.BFloat16: Convert<ushort>(result, static x => BitConverter.UInt32BitsToSingle((uint)x << 16)); break;
            case ElementType.Double: Convert<double>(result, static x => (float)x); break;
            case ElementType.Int64: Convert<long>(result, static x => x); break;
            case ElementType.Int32: Convert<int>(result, static x => x); break;
            case ElementType.UInt8: Convert<byte>(result, static x => x); break;
            case ElementType.Int8: Convert<sbyte>(result, static x => x); break;
            default: throw new InferenceException(InferenceFault.Input, $"A tensor of {Type} is not read as real numbers.");
        }
        return result;
    }

    void Convert<T>(float[] into, Func<T, float> convert) where T : unmanaged
    {
        var from = Span<T>();
        for (var i = 0; i < from.Length; i++) into[i] = convert(from[i]);
    }

    /// <summary>The texts of a tensor of texts.</summary>
    public string[] ToTexts()
    {
        if (Type != ElementType.String) throw new InferenceException(InferenceFault.Input, $"A tensor of {Type} holds no texts.");
        using var held = _value.Hold();
        var api = OnnxRuntime.Api;
        var count = checked((int)Count);
        var length = (int)api.Ask(OrtSlot.GetStringTensorDataLength, held.Value);
        var (bytes, offsets) = (new byte[Math.Max(1, length)], new nuint[Math.Max(1, count)]);
        fixed (byte* content = bytes)
        fixed (nuint* offset = offsets)
            if (count > 0) api.Call(OrtSlot.GetStringTensorContent, held.Value, (nint)content, length, (nint)offset, count);
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var end = i + 1 < count ? (int)offsets[i + 1] : length;
            texts[i] = Encoding.UTF8.GetString(bytes.AsSpan((int)offsets[i]..end));
        }
        return texts;
    }

    public void Dispose()
    {
        _value.Dispose();
        _pin.Dispose();
    }

    public override string ToString() => $"{Type} [{string.Join(", ", _shape)}]";

    static long Bytes(ElementType type, long count) => type switch
    {
        ElementType.Int4 or ElementType.UInt4 => (count + 1) / 2,
        _ when type.ByteWidth() is > 0 and var width => checked(count * width),
        _ => throw new InferenceException(InferenceFault.Input, $"Tensors of {type} are not supported."),
    };

    static long Product(long[] shape)
    {
        var count = 1L;
        foreach (var length in shape)
        {
            if (length < 0) throw new InferenceException(InferenceFault.Input, $"An axis of [{string.Join(", ", shape)}] is negative.");
            count = checked(count * length);
        }
        return count;
    }
}

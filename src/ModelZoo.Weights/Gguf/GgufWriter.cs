using System.Text;
using ModelZoo.Weights.Conversion;
using ModelZoo.Weights.Gguf;

namespace ModelZoo.Weights;

/// <summary>Writes a GGUF file, version 3, in one pass: pairs, descriptions of the tensors, then each tensor's blocks, all aligned to 32 bytes.</summary>
public static class GgufWriter
{
    const uint Version = 3;
    const int Alignment = 32;      // GGUF_DEFAULT_ALIGNMENT in ggml/include/gguf.h

    static readonly byte[] s_padding = new byte[Alignment];

    /// <exception cref="ArgumentException">Two tensors share a name, or a tensor has a type or more axes than GGUF knows.</exception>
    /// <exception cref="WeightFormatException">A tensor's content ends before its shape does.</exception>
    public static Task WriteAsync(Stream target, IReadOnlyCollection<TensorContent> tensors, GgufMetadata metadata, CancellationToken stop) =>
        WriteAsync(target, tensors, metadata, null, stop);

    internal static async Task WriteAsync(
        Stream target, IReadOnlyCollection<TensorContent> tensors, GgufMetadata metadata, Action<string, long>? report, CancellationToken stop)
    {
        var head = MakeHead(tensors, metadata);
        await target.WriteAsync(head, stop);
        await target.WriteAsync(metadata.Content, stop);
        var infos = MakeInfos(tensors);
        await target.WriteAsync(infos, stop);
        await PadAsync(target, head.Length + metadata.Content.Length + infos.Length, stop);
        using var copy = new TensorCopy(target, report);
        foreach (var tensor in tensors)
        {
            await copy.WriteAsync(tensor, stop);
            await copy.FlushAsync();
            await PadAsync(target, tensor.ByteLength, stop);
        }
    }

    static byte[] MakeHead(IReadOnlyCollection<TensorContent> tensors, GgufMetadata metadata)
    {
        using var head = new MemoryStream();
        using var writer = new BinaryWriter(head);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        writer.Flush();
        return head.ToArray();
    }

    static byte[] MakeInfos(IReadOnlyCollection<TensorContent> tensors)
    {
        using var infos = new MemoryStream();
        using var writer = new BinaryWriter(infos);
        var names = new HashSet<string>(StringComparer.Ordinal);
        long at = 0;
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name)) throw new ArgumentException($"The tensor name '{tensor.Name}' occurs twice.", nameof(tensors));
            if (tensor.Shape.Count > GgufTypes.MaxRank) throw new ArgumentException($"Tensor '{tensor.Name}' has {tensor.Shape.Count} axes; GGUF has at most {GgufTypes.MaxRank}.", nameof(tensors));
            if (tensor.Shape.Count > 0 && tensor.Shape[^1] % tensor.DType.ElementsPerBlock != 0)
                throw new ArgumentException($"Rows of tensor '{tensor.Name}' do not fill blocks of {tensor.DType}.", nameof(tensors));
            var name = Encoding.UTF8.GetBytes(tensor.Name);
            writer.Write((ulong)name.Length);
            writer.Write(name);
            writer.Write((uint)tensor.Shape.Count);
            // ggml writes the fastest axis first.
            foreach (var axis in tensor.Shape.Reverse()) writer.Write((ulong)axis);
            writer.Write(GgufTypes.GetNumber(tensor.DType));
            writer.Write((ulong)at);
            at = checked(at + tensor.ByteLength + Gap(tensor.ByteLength));
        }
        writer.Flush();
        return infos.ToArray();
    }

    static ValueTask PadAsync(Stream target, long length, CancellationToken stop) => target.WriteAsync(s_padding.AsMemory(0, Gap(length)), stop);

    static int Gap(long length) => (int)((Alignment - length % Alignment) % Alignment);
}

using System.Buffers.Binary;
using ModelZoo.Weights.Hdf5;
using ModelZoo.Weights.Numpy;
using ModelZoo.Weights.Protobuf;
using ModelZoo.Weights.PyTorch;
using ModelZoo.Weights.TensorFlow;
using ModelZoo.Weights.Zip;

namespace ModelZoo.Weights;

/// <summary>Says what a file is from its bytes; its name does not matter.</summary>
public static class WeightFormats
{
    public static async ValueTask<WeightFormat> DetectAsync(IByteSource source, CancellationToken stop)
    {
        var opened = await PrefixSource.OpenAsync(source, stop);
        if (LooksLikeZip(opened)) return await ZipKind.DetectAsync(opened, stop);
        if (DetectMagic(opened.Prefix.Span) is var format and not WeightFormat.Unknown) return format;
        if (await ProtobufKind.DetectAsync(opened, stop) is var protobuf and not WeightFormat.Unknown) return protobuf;
        return await EndsAsTableAsync(opened, stop) ? WeightFormat.TensorFlowCheckpoint : WeightFormat.Unknown;
    }

    static async ValueTask<bool> EndsAsTableAsync(PrefixSource source, CancellationToken stop)
    {
        if (source.Length < 48) return false;
        var end = new byte[SortedTable.Magic.Length];
        return await source.ReadAsync(source.Length - end.Length, end, stop) == end.Length && end.AsSpan().SequenceEqual(SortedTable.Magic);
    }

    internal static bool LooksLikeZip(PrefixSource source) =>
        source.Prefix.Span.StartsWith("PK\u0003\u0004"u8) || source.Prefix.Span.StartsWith("PK\u0005\u0006"u8);

    static WeightFormat DetectMagic(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("GGUF"u8)) return WeightFormat.Gguf;
        if (LooksLikeIndex(head)) return WeightFormat.SafetensorsIndex;
        if (LooksLikeSafetensors(head)) return WeightFormat.Safetensors;
        if (head.StartsWith(NpyHeader.Magic)) return WeightFormat.Npy;
        if (head.Length >= 8 && head[4..].StartsWith("TFL3"u8)) return WeightFormat.TFLite;
        if (head.StartsWith(Hdf5Header.Magic)) return WeightFormat.Hdf5;
        if (head.StartsWith(TorchLegacy.Magic)) return WeightFormat.PyTorchLegacy;
        if (LooksLikePickle(head)) return WeightFormat.Pickle;
        return WeightFormat.Unknown;
    }

    static bool LooksLikeIndex(ReadOnlySpan<byte> head) =>
        head.TrimStart(" \t\r\n"u8) is [(byte)'{', ..] trimmed && trimmed.IndexOf("\"weight_map\""u8) >= 0;

    /// <summary>Protocol 2 to 5 and an opcode that can begin an object.</summary>
    static bool LooksLikePickle(ReadOnlySpan<byte> head) =>
        head is [0x80, >= 4 and <= 5, 0x95, ..] || (head is [0x80, >= 2 and <= 5, var first, ..] && "}](c)XUCNKMJGI"u8.Contains(first));

    /// <summary>A length and the opening brace. The length may lie: the reader says how. Eight letters before a brace are only text.</summary>
    static bool LooksLikeSafetensors(ReadOnlySpan<byte> head)
    {
        if (head.Length < 10 || head[8] != '{' || head[9] is not ((byte)'"' or (byte)'}' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            return false;
        return head[..8].ContainsAnyExceptInRange((byte)' ', (byte)'~') || BinaryPrimitives.ReadUInt64LittleEndian(head) <= WeightLimits.MaxSafetensorsHeaderBytes;
    }
}

using System.Buffers.Binary;
using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights;

/// <summary>Says what a file is from its bytes; its name does not matter.</summary>
public static class WeightFormats
{
    public static async ValueTask<WeightFormat> DetectAsync(IByteSource source, CancellationToken stop)
    {
        var opened = await PrefixSource.OpenAsync(source, stop);
        return DetectMagic(opened.Prefix.Span) is var format and not WeightFormat.Unknown ? format : await ProtobufKind.DetectAsync(opened, stop);
    }

    static WeightFormat DetectMagic(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("GGUF"u8)) return WeightFormat.Gguf;
        if (LooksLikeIndex(head)) return WeightFormat.SafetensorsIndex;
        if (LooksLikeSafetensors(head)) return WeightFormat.Safetensors;
        return WeightFormat.Unknown;
    }

    static bool LooksLikeIndex(ReadOnlySpan<byte> head) =>
        head.TrimStart(" \t\r\n"u8) is [(byte)'{', ..] trimmed && trimmed.IndexOf("\"weight_map\""u8) >= 0;

    /// <summary>A length and the opening brace. The length may lie: the reader says how. Eight letters before a brace are only text.</summary>
    static bool LooksLikeSafetensors(ReadOnlySpan<byte> head)
    {
        if (head.Length < 10 || head[8] != '{' || head[9] is not ((byte)'"' or (byte)'}' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            return false;
        return head[..8].ContainsAnyExceptInRange((byte)' ', (byte)'~') || BinaryPrimitives.ReadUInt64LittleEndian(head) <= WeightLimits.MaxSafetensorsHeaderBytes;
    }
}

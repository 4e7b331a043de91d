using ModelZoo.Weights.Safetensors;

namespace ModelZoo.Weights.Deltas;

/// <summary>Finds out how content and base correspond: tensors of the same name, type and shape in safetensors files; whole files of one length otherwise.</summary>
static class DeltaPlan
{
    /// <returns>The segments, and where the grid of blocks begins.</returns>
    public static async Task<(List<DeltaSegment> Segments, int Shift)> MakeAsync(IByteSource content, IByteSource? origin, CancellationToken stop)
    {
        var segments = new List<DeltaSegment>();
        if (content.Length == 0) return (segments, 0);
        if (await FindHeaderAsync(content, stop) is not { } file)
        {
            var same = origin?.Length == content.Length;
            segments.Add(new(content.Length, 0, 1, false, same));
            return (segments, 0);
        }
        var shift = (int)(file.DataOffset % 8);
        var other = origin is null ? null : await FindHeaderAsync(origin, stop);
        var known = other?.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal) ?? [];
        Add(segments, new(file.DataOffset, 0, 1, false, other?.DataOffset == file.DataOffset));
        foreach (var tensor in file.Tensors)
        {
            if (tensor.ByteLength == 0) continue;
            var width = tensor.DType.ElementsPerBlock == 1 && tensor.DType.BytesPerBlock is 2 or 4 or 8 && (tensor.Offset - shift) % tensor.DType.BytesPerBlock == 0 ? tensor.DType.BytesPerBlock : 1;
            // Complex numbers are pairs of floats.
            var isPair = tensor.DType == DType.C64 && width == 8;
            var isFloat = isPair || (tensor.DType.IsFloating && width > 1);
            var match = known.GetValueOrDefault(tensor.Name) is { } found && found.DType == tensor.DType && found.Shape.SequenceEqual(tensor.Shape) ? found : null;
            Add(segments, new(tensor.ByteLength, match?.Offset ?? 0, isPair ? 4 : width, isFloat, match is not null));
        }
        return (segments, shift);
    }

    /// <summary>Joined with the last segment where both continue one another, here and in the base.</summary>
    static void Add(List<DeltaSegment> segments, DeltaSegment next)
    {
        if (segments.Count > 0 && segments[^1] is var last && last.Group == next.Group && (!next.IsBased || last.BaseOffset + last.Length == next.BaseOffset))
            segments[^1] = last with { Length = last.Length + next.Length };
        else segments.Add(next);
    }

    static async Task<WeightFile?> FindHeaderAsync(IByteSource source, CancellationToken stop)
    {
        try
        {
            return await SafetensorsHeader.ReadAsync(source, stop);
        }
        catch (WeightFormatException)
        {
            return null;        // any bytes can be stored; only these are understood
        }
    }
}

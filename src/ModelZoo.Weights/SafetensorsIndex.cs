using System.Text.Json;

namespace ModelZoo.Weights;

/// <summary>
/// Says in which file each tensor of a sharded model lies: <c>model.safetensors.index.json</c>, or <c>pytorch_model.bin.index.json</c>,
/// which has the same form.
/// </summary>
/// <param name="FileOfTensor">File name, relative to the index, per tensor name.</param>
/// <param name="TotalSizeBytes">What the index claims as the sum of all tensors; null when it does not.</param>
public sealed record SafetensorsIndex(IReadOnlyDictionary<string, string> FileOfTensor, long? TotalSizeBytes)
{
    const WeightFormat Format = WeightFormat.SafetensorsIndex;

    /// <summary>Shards opened at the same time: enough to hide the latency of a remote store, few enough not to burden it.</summary>
    const int ShardsAtOnce = 8;

    /// <summary>The distinct files, in ordinal order.</summary>
    public IReadOnlyList<string> Files { get; } = [.. FileOfTensor.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <exception cref="WeightFormatException">The bytes are no index, or name files outside their folder.</exception>
    public static async Task<SafetensorsIndex> ReadAsync(IByteSource source, CancellationToken stop)
    {
        if (source.Length > WeightLimits.MaxSafetensorsHeaderBytes)
            throw Bad($"The index has {source.Length} bytes; at most {WeightLimits.MaxSafetensorsHeaderBytes} are read.");
        var cursor = new SourceCursor(source, Format);
        return Parse((await cursor.TakeAsync((int)source.Length, stop)).Span);
    }

    /// <exception cref="WeightFormatException">The bytes are no index, or name files outside their folder.</exception>
    public static SafetensorsIndex Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = WeightLimits.MaxDepth });
        Dictionary<string, string>? files = null;
        long? totalSize = null;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw Bad("The index must be a JSON object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("weight_map"u8))
                    files = files is null ? ReadMap(ref reader) : throw Bad("The index has two entries 'weight_map'.");
                else if (reader.ValueTextEquals("metadata"u8)) totalSize = ReadTotalSize(ref reader);
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
            reader.Read();
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw new WeightFormatException(Format, "The index is not valid JSON (or nested too deeply).", problem);
        }
        return new(files ?? throw Bad("The index has no 'weight_map'."), totalSize);
    }

    /// <summary>
    /// Reads every shard's header, several at a time, and checks that each tensor lies where the index says. Tensors come back in the order
    /// of the files; <see cref="TensorInfo.ExternalFile"/> names the shard.
    /// </summary>
    /// <param name="open">Opens the file of the given name; disposed afterwards if it can be.</param>
    public async Task<WeightFile> ReadShardsAsync(Func<string, CancellationToken, ValueTask<IByteSource>> open, CancellationToken stop)
    {
        var shards = new WeightFile[Files.Count];
        await Parallel.ForAsync(0, Files.Count, new ParallelOptions { MaxDegreeOfParallelism = ShardsAtOnce, CancellationToken = stop },
            async (i, halt) =>
            {
                var source = await open(Files[i], halt);
                using var _ = source as IDisposable;
                shards[i] = await WeightReader.ReadHeaderAsync(source, halt);
            });
        var tensors = new List<TensorInfo>();
        for (var i = 0; i < shards.Length; i++)
        {
            foreach (var tensor in shards[i].Tensors)
            {
                if (!FileOfTensor.TryGetValue(tensor.Name, out var file)) throw Bad($"'{Files[i]}' holds tensor '{tensor.Name}', which the index does not list.");
                if (file != Files[i]) throw Bad($"Tensor '{tensor.Name}' lies in '{Files[i]}', but the index says '{file}'.");
                tensors.Add(tensor with { ExternalFile = file, ExternalOffset = tensor.Offset, Offset = TensorInfo.Unplaced });
            }
        }
        if (tensors.Count != FileOfTensor.Count) throw Bad($"The index lists {FileOfTensor.Count} tensors, but the files hold {tensors.Count}.");
        return new(shards.Length > 0 ? shards[0].Format : WeightFormat.Safetensors, tensors,
            shards.Length > 0 ? shards[0].Metadata : new Dictionary<string, MetadataValue>());
    }

    static Dictionary<string, string> ReadMap(ref Utf8JsonReader reader)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw Bad("'weight_map' must be an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var tensor = reader.GetString()!;
            reader.Read();
            var file = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Bad($"The file of tensor '{tensor}' must be a text.");
            if (!RelativePath.IsSafe(file)) throw Bad($"Tensor '{tensor}' lies in '{file}', which is no relative path below the index.");
            if (map.Count == WeightLimits.MaxTensors) throw Bad($"The index lists more than {WeightLimits.MaxTensors} tensors.");
            if (!map.TryAdd(tensor, file)) throw Bad($"The index lists tensor '{tensor}' twice.");
        }
        return map;
    }

    static long? ReadTotalSize(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }
        long? size = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSize = reader.ValueTextEquals("total_size"u8);
            reader.Read();
            // Some tools write the size as a real number.
            if (isSize && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var real) && real is >= 0 and < 9.2e18)
                size = reader.TryGetInt64(out var whole) ? whole : (long)real;
            reader.Skip();
        }
        return size;
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}

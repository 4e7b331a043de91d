using ModelZoo.Weights.Conversion;
using ModelZoo.Weights.Numpy;

namespace ModelZoo.Weights;

/// <summary>All tensors of a model, opened: one file, or all the files that an index or a numbered name ties together.</summary>
public sealed class ModelContent : IDisposable
{
    /// <summary>
    /// How much more a model may become than its files hold: views that repeat a storage and compressed arrays grow, a forged file claims that they
    /// grow without end. Below the floor nobody minds.
    /// </summary>
    const int MaxGrowth = 64;
    const long GrowthFloorBytes = 64 << 20;

    readonly IModelFiles _files;
    readonly List<IByteSource> _sources = [];
    readonly List<TensorContent> _tensors = [];
    readonly HashSet<string> _names = new(StringComparer.Ordinal);
    readonly Dictionary<string, IByteSource> _external = new(StringComparer.Ordinal);
    readonly List<string> _remarks = [];

    ModelContent(IModelFiles files) => _files = files;

    public WeightFormat Format { get; private set; }

    public IReadOnlyList<TensorContent> Tensors => _tensors;

    /// <summary>The first file's own texts.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The kept name for each tensor that shares its memory.</summary>
    public Dictionary<string, string> SharedNames { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Remarks => _remarks;

    /// <param name="name">The file to open; null finds the model's weights by their usual names.</param>
    public static async Task<ModelContent> OpenAsync(IModelFiles files, string? name, CancellationToken stop)
    {
        name ??= WeightFileNames.Choose([.. files.Files.Select(file => file.Path)]);
        var content = new ModelContent(files);
        try
        {
            foreach (var part in await content.FindPartsAsync(name, stop)) await content.AddAsync(part, stop);
            content.RequireSense();
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    async Task<IReadOnlyList<string>> FindPartsAsync(string name, CancellationToken stop)
    {
        var source = await _files.OpenAsync(name, stop);
        using var _ = source as IDisposable;
        if (await WeightFormats.DetectAsync(source, stop) == WeightFormat.SafetensorsIndex)
        {
            var index = await SafetensorsIndex.ReadAsync(source, stop);
            // Reads all headers once more, to compare them with the index before anything is written.
            await index.ReadShardsAsync((file, halt) => _files.OpenAsync(Beside(name, file), halt), stop);
            return [.. index.Files.Select(file => Beside(name, file))];
        }
        if (GgufShards.FindNames(name) is not { Count: > 1 } parts) return [name];
        await GgufShards.ReadAsync(parts, _files.OpenAsync, stop);
        return parts;
    }

    async Task AddAsync(string name, CancellationToken stop)
    {
        var source = await _files.OpenAsync(name, stop);
        _sources.Add(source);
        var file = await WeightReader.ReadHeaderAsync(source, stop);
        if (_sources.Count == 1) Keep(file);
        if (file.RefusedGlobals.Count > 0)
            _remarks.Add($"'{name}' names code ({string.Join(", ", file.RefusedGlobals.Take(5))}{(file.RefusedGlobals.Count > 5 ? ", …" : "")}); it was not run.");
        if (file.Format is WeightFormat.PyTorchZip or WeightFormat.PyTorchLegacy or WeightFormat.Pickle) file = TakeStateDictionary(file, name);
        var left = file.Format is WeightFormat.PyTorchZip or WeightFormat.PyTorchLegacy ? TorchSharing.FindDuplicates(file) : [];
        foreach (var (shared, kept) in left) SharedNames[shared] = kept;
        foreach (var tensor in await OpenTensorsAsync(name, file with { Tensors = [.. file.Tensors.Where(tensor => !left.ContainsKey(tensor.Name))] }, source, stop))
        {
            if (!_names.Add(tensor.Name)) throw new ConversionException($"The model has two tensors '{tensor.Name}'.");
            _tensors.Add(tensor);
        }
    }

    void Keep(WeightFile file)
    {
        Format = file.Format;
        if (file.Format == WeightFormat.Safetensors)
            foreach (var (key, value) in file.Metadata) Metadata[key] = value.ToString()!;
    }

    async Task<IReadOnlyList<TensorContent>> OpenTensorsAsync(string name, WeightFile file, IByteSource source, CancellationToken stop)
    {
        if (file.Format == WeightFormat.Npz) return await NpzContent.OpenAsync(file, source, stop);
        if (!file.Tensors.Any(tensor => tensor.ExternalFile is not null)) return TensorContent.Of(file, source);
        var contents = new List<TensorContent>();
        foreach (var tensor in file.Tensors)
        {
            if (tensor.ExternalFile is not { } external)
            {
                contents.Add(TensorContent.Of(file.Format, tensor, source));
                continue;
            }
            var path = Beside(name, external);
            if (!_external.TryGetValue(path, out var other))
            {
                _external[path] = other = await _files.OpenAsync(path, stop);
                _sources.Add(other);
            }
            if (tensor.ExternalOffset > other.Length - tensor.ByteLength)
                throw new WeightFormatException(file.Format, $"Tensor '{tensor.Name}' lies at {tensor.ExternalOffset} of '{external}', beyond its {other.Length} bytes.");
            contents.Add(new(tensor.Name, tensor.DType, tensor.Shape, other, tensor.ExternalOffset, tensor.ByteLength));
        }
        return contents;
    }

    /// <summary>Training frameworks wrap the weights: of a checkpoint with an entry <c>state_dict</c> only that is the model.</summary>
    WeightFile TakeStateDictionary(WeightFile file, string name)
    {
        const string wrapper = "state_dict.";
        var inner = file.Tensors.Where(tensor => tensor.Name.StartsWith(wrapper, StringComparison.Ordinal)).ToList();
        if (inner.Count == 0) return file;
        if (inner.Count < file.Tensors.Count) _remarks.Add($"Of '{name}' only 'state_dict' was taken; {file.Tensors.Count - inner.Count} other tensors were left out.");
        return file with { Tensors = [.. inner.Select(tensor => tensor with { Name = tensor.Name[wrapper.Length..] })] };
    }

    void RequireSense()
    {
        if (_tensors.Count == 0) throw new ConversionException("The file holds no tensors.");
        Int128 bytes = 0, held = 0;
        foreach (var tensor in _tensors) bytes += tensor.ByteLength;
        foreach (var source in _sources) held += source.Length;
        if (bytes > GrowthFloorBytes && bytes > held * MaxGrowth)
            throw new ConversionException($"The tensors would take {bytes} bytes, more than {MaxGrowth} times the {held} bytes of their files.");
    }

    static string Beside(string name, string file) => name.LastIndexOf('/') is var at and >= 0 ? $"{name[..(at + 1)]}{file}" : file;

    public void Dispose()
    {
        foreach (var tensor in _tensors) (tensor.Source as IDisposable)?.Dispose();
        foreach (var source in _sources) (source as IDisposable)?.Dispose();
    }
}

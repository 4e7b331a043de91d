using ModelZoo.Weights;

namespace ModelZoo.Fuzz.Targets.Profiles;

/// <summary>
/// A repository as one run of bytes: for each file one byte that says its name, two that say its length, and its content. Lengths beyond the
/// end are cut, so that every mutation is still a repository.
/// </summary>
sealed class RepositoryBytes : IModelFiles
{
    public static readonly string[] Names =
    [
        "config.json", "model.safetensors", "model.gguf", "model.onnx", "model_index.json", "adapter_config.json", "model.safetensors.index.json",
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "vae/config.json", "text_encoder/config.json",
        "adapter_model.safetensors", "mmproj.gguf", "pytorch_model.bin", "generation_config.json", "scheduler/scheduler_config.json", "quantize_config.json", "model.npz",
    ];

    readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);

    public RepositoryBytes(ReadOnlyMemory<byte> input)
    {
        while (input.Length > 3)
        {
            var name = Names[input.Span[0] % Names.Length];
            var length = Math.Min(BitConverter.ToUInt16(input.Span[1..]), input.Length - 3);
            _files.TryAdd(name, input.Slice(3, length));
            input = input[(3 + length)..];
        }
        Files = [.. _files.Select(file => new ModelFile(file.Key, file.Value.Length))];
    }

    public IReadOnlyList<ModelFile> Files { get; }

    public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop) => new(new MemoryByteSource(_files[path]));

    public static byte[] Of(params (string Name, byte[] Content)[] files)
    {
        var bytes = new List<byte>();
        foreach (var (name, content) in files)
        {
            bytes.Add((byte)Array.IndexOf(Names, name));
            bytes.AddRange(BitConverter.GetBytes((ushort)content.Length));
            bytes.AddRange(content[..Math.Min(content.Length, ushort.MaxValue)]);
        }
        return [.. bytes];
    }
}

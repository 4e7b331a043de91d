using ModelZoo.Weights;

namespace ModelZoo.Inference.Runtime;

/// <summary>
/// Looks at a model file before native code does: a well-formed container within the limits, only operators of the standard domains, weights only
/// where they may lie. It does not make a hostile graph harmless: what a graph computes is bounded by the arena, by cancellation, and by running
/// strangers' models in a process of their own.
/// </summary>
public static class ModelGuard
{
    /// <summary>Operator domains that the library itself serves. Others need code from outside, which is never loaded.</summary>
    static readonly HashSet<string> s_domains = new(StringComparer.Ordinal)
    {
        "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "com.ms.internal.nhwc", "org.pytorch.aten",
    };

    /// <summary>Checks a file on disk and the files that its weights lie in. Returns how many bytes its weights take.</summary>
    public static async Task<long> CheckFileAsync(string path, SessionSettings settings, CancellationToken stop)
    {
        if (!File.Exists(path)) throw new InferenceException(InferenceFault.Model, $"'{Path.GetFileName(path)}' does not exist.");
        using var source = new FileByteSource(path);
        return await CheckAsync(source, Path.GetDirectoryName(Path.GetFullPath(path)), null, settings, stop);
    }

    public static Task<long> CheckAsync(
        ReadOnlyMemory<byte> model, string? folder, IReadOnlyDictionary<string, Tensor>? weights, SessionSettings settings, CancellationToken stop) =>
        CheckAsync(new MemoryByteSource(model), folder, weights, settings, stop);

    static async Task<long> CheckAsync(IByteSource source, string? folder, IReadOnlyDictionary<string, Tensor>? weights, SessionSettings settings, CancellationToken stop)
    {
        if (source.Length > settings.MaxModelBytes) throw TooLarge(source.Length, settings);
        WeightFile file;
        try
        {
            file = await WeightReader.ReadHeaderAsync(source, stop);
        }
        catch (WeightFormatException e)
        {
            throw new InferenceException(InferenceFault.Model, e.Message, e);
        }
        if (file.Format != WeightFormat.Onnx || file.Graph is null) throw new InferenceException(InferenceFault.Model, $"This is a file of {file.Format}, not an ONNX model.");
        foreach (var name in file.Graph.Operators.Keys)
            if (name.IndexOf("::", StringComparison.Ordinal) is > 0 and var end && !s_domains.Contains(name[..end]))
                throw new InferenceException(InferenceFault.Model, $"The operator '{name}' is of a domain that is not served here.");
        var total = 0L;
        foreach (var tensor in file.Tensors)
        {
            total = checked(total + tensor.ByteLength);
            if (total > settings.MaxModelBytes) throw TooLarge(total, settings);
            if (tensor.ExternalFile is not null && weights?.ContainsKey(tensor.Name) != true) CheckExternal(tensor, folder);
        }
        return total;
    }

    /// <summary>The container's reader has refused absolute paths and those with "..": what is left are links, and pieces beyond a file's end.</summary>
    static void CheckExternal(TensorInfo tensor, string? folder)
    {
        if (folder is null) throw new InferenceException(InferenceFault.Model, $"Weight '{tensor.Name}' lies in '{tensor.ExternalFile}', but the model has no folder.");
        var file = new FileInfo(Path.Combine(folder, tensor.ExternalFile!));
        if (!file.Exists) throw new InferenceException(InferenceFault.Model, $"Weight '{tensor.Name}' lies in '{tensor.ExternalFile}', which is not there.");
        if (!IsInside(file, folder)) throw new InferenceException(InferenceFault.Model, $"Weight '{tensor.Name}' lies in '{tensor.ExternalFile}', which leads out of the model's folder.");
        if (tensor.ExternalOffset > file.Length - tensor.ByteLength)
            throw new InferenceException(InferenceFault.Model, $"Weight '{tensor.Name}' ends outside '{tensor.ExternalFile}' of {file.Length} bytes.");
    }

    static bool IsInside(FileInfo file, string folder)
    {
        var root = Resolve(folder);
        var target = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
        var real = Path.Combine(Resolve(Path.GetDirectoryName(Path.GetFullPath(target))!), Path.GetFileName(target));
        return real.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>A folder's own path with every link on the way followed.</summary>
    static string Resolve(string folder)
    {
        var full = Path.GetFullPath(folder);
        var parent = Path.GetDirectoryName(full);
        if (parent is null) return full;
        var here = new DirectoryInfo(Path.Combine(Resolve(parent), Path.GetFileName(full)));
        return here.ResolveLinkTarget(returnFinalTarget: true) is { } target ? Resolve(target.FullName) : here.FullName;
    }

    static InferenceException TooLarge(long bytes, SessionSettings settings) => new(InferenceFault.Limit, $"The model takes {bytes} bytes; at most {settings.MaxModelBytes} are allowed.");
}

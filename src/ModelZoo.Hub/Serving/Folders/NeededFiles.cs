using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Serving.Folders;

/// <summary>Which files of a repository those need who run its model or read its data: not what only people read, nor what only Python loads.</summary>
static class NeededFiles
{
    static readonly string[] s_forPeople = [".md", ".rst", ".pdf", ".ipynb", ".py", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"];

    /// <summary>Weights that neither ONNX Runtime nor our graphs read; some of them are programs in disguise.</summary>
    static readonly string[] s_otherWeights = [".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".keras", ".msgpack", ".tflite", ".mlmodel", ".npz", ".zip", ".tar", ".gz", ".ot"];

    public static bool OfModel(FolderEntry file)
    {
        var (path, name) = (file.Path.Value, file.Path.Segments[^1].ToLowerInvariant());
        if (path.StartsWith('.') || name.StartsWith('.') || name.StartsWith("license", StringComparison.Ordinal) || name.StartsWith("pytorch_model", StringComparison.Ordinal)) return false;
        if (name is "training_args.bin" or "optimizer.bin" or "scheduler.bin" or "rng_state.bin") return false;
        return !s_forPeople.Contains(Path.GetExtension(name)) && !s_otherWeights.Contains(Path.GetExtension(name));
    }

    /// <summary>Data may be of any kind, pictures among it.</summary>
    public static bool OfDataset(FolderEntry file)
    {
        var (path, name) = (file.Path.Value, file.Path.Segments[^1].ToLowerInvariant());
        return !path.StartsWith('.') && !name.StartsWith('.') && !name.EndsWith(".md", StringComparison.Ordinal) && !name.StartsWith("license", StringComparison.Ordinal);
    }
}

using ModelZoo.Weights;

namespace ModelZoo.Profiling;

/// <summary>A file of a model by its path from the model's root, with <c>/</c> between folders.</summary>
public sealed record ModelFile(string Path, long SizeBytes);

/// <summary>The files of one model, wherever they lie: a folder, a commit, a hub. Profiles read small configurations and headers of weights, never whole weights.</summary>
public interface IModelFiles
{
    IReadOnlyList<ModelFile> Files { get; }

    /// <summary>Opens a file of <see cref="Files"/>; disposed afterwards if it can be.</summary>
    ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop);
}

namespace ModelZoo.Weights;

/// <summary>A file of a model by its path from the model's root, with <c>/</c> between folders.</summary>
public sealed record ModelFile(string Path, long SizeBytes);

/// <summary>The files of one model, wherever they lie: a folder, a commit, a hub.</summary>
public interface IModelFiles
{
    IReadOnlyList<ModelFile> Files { get; }

    /// <summary>Opens a file; whoever asked disposes it if it can be.</summary>
    /// <exception cref="FileNotFoundException">There is no file of that path.</exception>
    ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop);
}

namespace ModelZoo.Weights;

/// <summary>The files of one model, wherever they lie: a folder, a commit, a remote repository.</summary>
public interface IModelFiles
{
    /// <summary>Paths relative to the model's root, with forward slashes.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Opens a file; whoever asked disposes it if it can be.</summary>
    /// <exception cref="FileNotFoundException">There is no file of that name.</exception>
    ValueTask<IByteSource> OpenAsync(string name, CancellationToken stop);
}

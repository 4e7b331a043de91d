namespace ModelZoo.Learning.Populations;

/// <param name="Content">Null removes the file.</param>
public sealed record PopulationFile(string Path, byte[]? Content);

/// <summary>
/// What keeps a population's files: a folder; or a repository of a hub, where each call is a commit. Paths are those of <see cref="PopulationLayout"/>.
/// </summary>
public interface IPopulationPlace
{
    /// <summary>Writes, replaces and removes files in the order given. Each is there whole or not at all, and all are durable when this returns.</summary>
    /// <exception cref="PopulationException">There is no room.</exception>
    ValueTask WriteAsync(IReadOnlyList<PopulationFile> files, CancellationToken stop);

    /// <summary>The content of a file; null when there is none.</summary>
    ValueTask<byte[]?> FindAsync(string path, CancellationToken stop);

    /// <summary>Whether there is such a file.</summary>
    async ValueTask<bool> HasAsync(string path, CancellationToken stop) => await FindAsync(path, stop) is not null;
}

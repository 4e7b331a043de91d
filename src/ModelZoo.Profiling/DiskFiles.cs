using ModelZoo.Weights;

namespace ModelZoo.Profiling;

/// <summary>A model in a folder on disk, or a single file of one. Links are not followed.</summary>
public sealed class DiskFiles : IModelFiles
{
    const int MaxFiles = 200_000;
    readonly string _root;

    /// <exception cref="ProfileException">Nothing is there, or far too much.</exception>
    public DiskFiles(string path)
    {
        if (File.Exists(path))
        {
            _root = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Files = [new(Path.GetFileName(path), new FileInfo(path).Length)];
            return;
        }
        if (!Directory.Exists(path)) throw new ProfileException($"'{path}' does not exist.");
        _root = Path.GetFullPath(path);
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden };
        var files = new List<ModelFile>();
        foreach (var file in new DirectoryInfo(_root).EnumerateFiles("*", options))
        {
            if (files.Count == MaxFiles) throw new ProfileException($"'{path}' holds more than {MaxFiles} files: it is no model.");
            files.Add(new(Path.GetRelativePath(_root, file.FullName).Replace('\\', '/'), file.Length));
        }
        Files = files;
    }

    public IReadOnlyList<ModelFile> Files { get; }

    public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return new(new FileByteSource(Path.Combine(_root, path)));
    }
}

namespace ModelZoo.Weights;

/// <summary>A model in a folder on disk and the folders in it, or a single file of one. Links are followed: caches of downloads are made of them.</summary>
public sealed class FolderFiles : IModelFiles
{
    /// <summary>How deep files are looked for; models keep parts such as <c>text_encoder/model.safetensors</c> one or two folders down.</summary>
    const int MaxDepth = 4;

    const int MaxFiles = 200_000;

    /// <summary>Folders of a collection may lie in folders of downloads; a link that leads back up ends here.</summary>
    const int MaxDepthOfMany = 12;

    /// <summary>50,000 models of 51 states with optimisers, the largest published collection, would be five million.</summary>
    const int MaxFilesOfMany = 6_000_000;

    readonly string _root;

    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="IOException">Far more is there than a model has.</exception>
    public FolderFiles(string path)
        : this(path, MaxDepth, MaxFiles, _ => true)
    {
    }

    FolderFiles(string path, int maxDepth, int maxFiles, Func<string, bool> keeps)
    {
        if (File.Exists(path))
        {
            _root = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Files = [new(Path.GetFileName(path), FindLength(new(path)) ?? 0)];
            return;
        }
        if (!Directory.Exists(path)) throw new FileNotFoundException($"'{path}' does not exist.", path);
        _root = Path.GetFullPath(path);
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = maxDepth, AttributesToSkip = FileAttributes.None };
        var files = new List<ModelFile>();
        foreach (var file in new DirectoryInfo(_root).EnumerateFiles("*", options))
        {
            if (!keeps(file.Name)) continue;
            if (files.Count == maxFiles) throw new IOException($"'{path}' holds more than {maxFiles} files: it is no model.");
            if (FindLength(file) is { } length) files.Add(new(Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), length));
        }
        Files = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    public IReadOnlyList<ModelFile> Files { get; }

    /// <summary>A folder of thousands of models, nested as deeply as people nest them.</summary>
    /// <param name="keeps">Which file names count; the others are not even listed.</param>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="IOException">Far more is there than any published collection has.</exception>
    public static FolderFiles OfMany(string path, Func<string, bool> keeps) => new(path, MaxDepthOfMany, MaxFilesOfMany, keeps);

    public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (!RelativePath.IsSafe(path)) throw new FileNotFoundException($"'{path}' is no path inside the model's folder.", path);
        return new(new FileByteSource(Path.Combine(_root, path)));
    }

    /// <summary>Null when it is a link to nothing.</summary>
    static long? FindLength(FileInfo file) => file.LinkTarget is null ? file.Length
        : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length
        : null;
}

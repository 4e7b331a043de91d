namespace ModelZoo.Weights;

/// <summary>The files of a folder on disk and of the folders in it.</summary>
public sealed class FolderFiles(string folder) : IModelFiles
{
    /// <summary>How deep files are looked for; models keep parts such as <c>text_encoder/model.safetensors</c> one or two folders down.</summary>
    const int MaxDepth = 3;

    public IReadOnlyCollection<string> Names { get; } =
    [
        .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = FileAttributes.None })
            .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal),
    ];

    public ValueTask<IByteSource> OpenAsync(string name, CancellationToken stop)
    {
        if (!RelativePath.IsSafe(name)) throw new FileNotFoundException($"'{name}' is no path inside the model's folder.", name);
        return new(new FileByteSource(Path.Combine(folder, name)));
    }
}

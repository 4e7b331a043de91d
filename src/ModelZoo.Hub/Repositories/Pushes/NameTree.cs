namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>Names of references, to see quickly whether one would be a folder of another: clones keep them as files.</summary>
sealed class NameTree
{
    readonly HashSet<string> _names = [];

    /// <summary>Each folder with the number of names below it.</summary>
    readonly Dictionary<string, int> _folders = [];

    public NameTree(IEnumerable<string> names)
    {
        foreach (var name in names) Add(name);
    }

    public void Add(string name)
    {
        if (!_names.Add(name)) return;
        foreach (var folder in Folders(name)) _folders[folder] = _folders.GetValueOrDefault(folder) + 1;
    }

    public void Remove(string name)
    {
        if (!_names.Remove(name)) return;
        foreach (var folder in Folders(name))
            if (--_folders[folder] == 0) _folders.Remove(folder);
    }

    /// <summary>A name that is a folder of this one, or one below it; null when there is none.</summary>
    public string? FindNested(string name) => _folders.ContainsKey(name) ? name + "/…" : Folders(name).FirstOrDefault(_names.Contains);

    static IEnumerable<string> Folders(string name)
    {
        for (var slash = name.LastIndexOf('/'); slash > 0; slash = name.LastIndexOf('/', slash - 1)) yield return name[..slash];
    }
}

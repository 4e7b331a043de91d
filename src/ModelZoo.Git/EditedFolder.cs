namespace ModelZoo.Git;

/// <summary>One folder that an edit passed: the stored tree, and what differs from it.</summary>
/// <param name="before">The id under which the folder was stored; the empty tree's for a new one.</param>
sealed class EditedFolder(ObjectId before, Tree tree)
{
    /// <summary>By name; null says that the stored entry is gone. Opened folders are not here.</summary>
    readonly Dictionary<string, TreeEntry?> _edits = new(StringComparer.Ordinal);
    readonly Dictionary<string, EditedFolder> _opened = new(StringComparer.Ordinal);

    public int Count { get; private set; } = tree.Entries.Count;

    public bool Has(string name) => _opened.ContainsKey(name) || FindUnopened(name) is not null;

    public bool HasFolder(string name) => _opened.ContainsKey(name) || FindUnopened(name) is { IsFolder: true };

    public EditedFolder? FindOpened(string name) => _opened.GetValueOrDefault(name);

    public TreeEntry? Find(string name) =>
        _opened.TryGetValue(name, out var folder) ? new(name, EntryMode.Folder, folder.Write(null)) : FindUnopened(name);

    public EditedFolder Open(TreeEntry entry, Tree stored) => _opened[entry.Name] = new(entry.Id, stored);

    public EditedFolder AddFolder(string name)
    {
        Count++;
        return _opened[name] = new(ObjectId.EmptyTree, Tree.Empty);
    }

    public void Put(TreeEntry entry)
    {
        if (!Has(entry.Name)) Count++;
        _opened.Remove(entry.Name);
        _edits[entry.Name] = entry;
    }

    public void Remove(string name)
    {
        Count--;
        _opened.Remove(name);
        if (tree.Find(name) is not null) _edits[name] = null;
        else _edits.Remove(name);
    }

    /// <summary>The id of this folder with its changes; every tree that is not as it was stored goes to <paramref name="onNew"/>, inner ones first.</summary>
    public ObjectId Write(Action<ObjectId, byte[]>? onNew)
    {
        var edits = _edits;
        if (_opened.Count > 0)
        {
            edits = new(_edits, StringComparer.Ordinal);
            foreach (var (name, folder) in _opened)
            {
                var id = folder.Write(onNew);
                if (FindUnopened(name)?.Id != id) edits[name] = new(name, EntryMode.Folder, id);
            }
        }
        if (edits.Count == 0) return before;
        var content = Merge(edits).Encode();
        var written = GitHash.Of(ObjectType.Tree, content);
        if (written != before) onNew?.Invoke(written, content);
        return written;
    }

    TreeEntry? FindUnopened(string name) => _edits.TryGetValue(name, out var edit) ? edit : tree.Find(name);

    /// <summary>Merges instead of sorting anew: one file put into a folder of 100,000 costs one pass.</summary>
    Tree Merge(Dictionary<string, TreeEntry?> edits)
    {
        var changed = edits.Values.OfType<TreeEntry>().ToArray();
        Array.Sort(changed, TreeEntry.Compare);
        var merged = new List<TreeEntry>(tree.Entries.Count + changed.Length);
        var next = 0;
        foreach (var entry in tree.Entries)
        {
            if (edits.ContainsKey(entry.Name)) continue;
            while (next < changed.Length && TreeEntry.Compare(changed[next], entry) < 0) merged.Add(changed[next++]);
            merged.Add(entry);
        }
        merged.AddRange(changed[next..]);
        return Tree.FromSorted([.. merged]);
    }
}

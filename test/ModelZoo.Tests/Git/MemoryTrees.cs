using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

/// <summary>Stored trees by id, and how many were loaded.</summary>
sealed class MemoryTrees
{
    readonly Dictionary<ObjectId, Tree> _trees = [];

    public int Loads { get; private set; }

    public ValueTask<Tree> LoadAsync(ObjectId id, CancellationToken stop)
    {
        Loads++;
        return new(_trees[id]);
    }

    public ObjectId Add(Tree tree)
    {
        _trees[tree.Id] = tree;
        return tree.Id;
    }

    public async Task<ObjectId> EditAsync(ObjectId root, Func<TreeEditor, Task> edit)
    {
        var editor = new TreeEditor(LoadAsync, root);
        await edit(editor);
        var edited = await editor.FinishAsync(default);
        foreach (var (id, content) in edited.NewTrees)
        {
            Assert.False(_trees.ContainsKey(id) && id == root);
            Assert.Equal(id, Add(Tree.Parse(content)));
        }
        return edited.Root;
    }

    public Task<ObjectId> PutAllAsync(ObjectId root, IEnumerable<(string Path, EntryMode Mode, ObjectId Id)> files) => EditAsync(root, async editor =>
    {
        foreach (var (path, mode, id) in files) await editor.PutAsync(RepoPath.Parse(path), mode, id, default);
    });
}

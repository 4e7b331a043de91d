using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class TreeEditorTests
{
    static readonly ObjectId One = GitHash.Of(ObjectType.Blob, "one"u8), Two = GitHash.Of(ObjectType.Blob, "two"u8);

    static (string, EntryMode, ObjectId) File(string path) => (path, EntryMode.File, One);

    [Fact]
    public async Task Edited_trees_have_the_ids_that_git_write_tree_gives()
    {
        using var git = new GitBinary();
        var trees = new MemoryTrees();
        for (var seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var files = RandomPaths.Files(random, 150).ToDictionary(path => path, _ => (Mode: (EntryMode)random.Next(3), Id: random.Next(2) == 0 ? One : Two));
            var root = await trees.PutAllAsync(ObjectId.EmptyTree, files.Select(file => (file.Key, file.Value.Mode, file.Value.Id)));
            Assert.Equal(WriteTree(git, files), root.Hex);

            // Remove a third, change a third, add what fits again.
            root = await trees.EditAsync(root, async editor =>
            {
                foreach (var path in files.Keys.ToArray())
                {
                    var choice = random.Next(3);
                    if (choice == 0) { Assert.True(await editor.RemoveAsync(RepoPath.Parse(path), default)); files.Remove(path); }
                    if (choice == 1) { await editor.PutAsync(RepoPath.Parse(path), EntryMode.Executable, Two, default); files[path] = (EntryMode.Executable, Two); }
                }
                foreach (var path in RandomPaths.Files(random, 50))
                {
                    var isFree = !files.ContainsKey(path) && !RandomPaths.Parents(path).Any(files.ContainsKey) && !files.Keys.Any(other => other.StartsWith(path + "/", StringComparison.Ordinal));
                    var put = async () => await editor.PutAsync(RepoPath.Parse(path), EntryMode.File, One, default);
                    if (isFree || files.ContainsKey(path)) { await put(); files[path] = (EntryMode.File, One); }
                    else await Assert.ThrowsAsync<PathConflictException>(put);
                }
                foreach (var (path, file) in files) Assert.Equal(new(RepoPath.Parse(path).Name, file.Mode, file.Id), await editor.FindAsync(RepoPath.Parse(path), default));
            });
            Assert.Equal(WriteTree(git, files), root.Hex);

            var walked = new List<string>();
            await foreach (var (path, _) in TreeWalk.FilesAsync(trees.LoadAsync, root, null, default)) walked.Add(path.Value);
            Assert.Equal(git.Run("ls-files", "-z").Split('\0', StringSplitOptions.RemoveEmptyEntries), walked);
        }
    }

    static string WriteTree(GitBinary git, Dictionary<string, (EntryMode Mode, ObjectId Id)> files)
    {
        git.Run("read-tree", "--empty");
        git.RunWith(string.Concat(files.Select(file => $"{file.Value.Mode.ToOctal()} {file.Value.Id}\t{file.Key}\0")), null, "update-index", "-z", "--index-info");
        return git.Run("write-tree", "--missing-ok").Trim();
    }

    [Fact]
    public async Task A_file_in_the_way_of_a_folder_is_a_conflict_until_it_is_removed()
    {
        var trees = new MemoryTrees();
        var root = await trees.PutAllAsync(ObjectId.EmptyTree, [File("a"), File("d/x/y")]);
        var conflict = await Assert.ThrowsAsync<PathConflictException>(() => trees.PutAllAsync(root, [File("a/b/c")]));
        Assert.Equal("a", conflict.Path.Value);
        Assert.Contains("'a' is a file", conflict.Message);
        conflict = await Assert.ThrowsAsync<PathConflictException>(() => trees.PutAllAsync(root, [File("d/x")]));
        Assert.Equal("d/x", conflict.Path.Value);
        root = await trees.EditAsync(root, async editor =>
        {
            await editor.RemoveAsync(RepoPath.Parse("a"), default);
            await editor.PutAsync(RepoPath.Parse("a/b"), EntryMode.File, One, default);
            await editor.RemoveAsync(RepoPath.Parse("d"), default);
            await editor.PutAsync(RepoPath.Parse("d"), EntryMode.File, One, default);
        });
        Assert.Equal(await trees.PutAllAsync(ObjectId.EmptyTree, [File("a/b"), File("d")]), root);
    }

    [Fact]
    public async Task Removing_the_last_file_removes_the_folders_above_it()
    {
        var trees = new MemoryTrees();
        var root = await trees.PutAllAsync(ObjectId.EmptyTree, [File("a/b/c/d"), File("e")]);
        var emptied = await trees.EditAsync(root, async editor =>
        {
            Assert.True(await editor.RemoveAsync(RepoPath.Parse("a/b/c/d"), default));
            Assert.Null(await editor.FindAsync(RepoPath.Parse("a"), default));
            Assert.False(await editor.RemoveAsync(RepoPath.Parse("a/b"), default));
            Assert.False(await editor.RemoveAsync(RepoPath.Parse("e/f"), default));
        });
        Assert.Equal(await trees.PutAllAsync(ObjectId.EmptyTree, [File("e")]), emptied);
        Assert.Equal(ObjectId.EmptyTree, await trees.EditAsync(emptied, async editor => await editor.RemoveAsync(RepoPath.Parse("e"), default)));
    }

    [Fact]
    public async Task An_edit_that_is_undone_makes_no_trees()
    {
        var trees = new MemoryTrees();
        var root = await trees.PutAllAsync(ObjectId.EmptyTree, [File("a/b/c"), File("d")]);
        var editor = new TreeEditor(trees.LoadAsync, root);
        await editor.PutAsync(RepoPath.Parse("a/b/x/y"), EntryMode.File, Two, default);
        Assert.NotEqual((await editor.FindAsync(RepoPath.Parse("a"), default))!.Id, (await TreeWalk.FindAsync(trees.LoadAsync, root, RepoPath.Parse("a"), default))!.Id);
        await editor.RemoveAsync(RepoPath.Parse("a/b/x"), default);
        await editor.PutAsync(RepoPath.Parse("d"), EntryMode.File, One, default);
        var edited = await editor.FinishAsync(default);
        Assert.Equal(root, edited.Root);
        Assert.Empty(edited.NewTrees);
    }

    [Fact]
    public async Task A_stored_folder_can_be_put_elsewhere_as_a_whole_and_then_changed()
    {
        var trees = new MemoryTrees();
        var root = await trees.PutAllAsync(ObjectId.EmptyTree, [File("a/b")]);
        var folder = (await TreeWalk.FindAsync(trees.LoadAsync, root, RepoPath.Parse("a"), default))!;
        root = await trees.EditAsync(root, async editor =>
        {
            await editor.PutAsync(RepoPath.Parse("x/y"), EntryMode.Folder, folder.Id, default);
            await editor.PutAsync(RepoPath.Parse("x/y/c"), EntryMode.File, Two, default);
        });
        Assert.Equal(await trees.PutAllAsync(ObjectId.EmptyTree, [File("a/b"), File("x/y/b"), ("x/y/c", EntryMode.File, Two)]), root);
    }

    [Fact]
    public async Task A_folder_of_100_000_files_is_edited_without_loading_its_neighbours()
    {
        var trees = new MemoryTrees();
        var big = trees.Add(Tree.Of(Enumerable.Range(0, 100_000).Select(i => new TreeEntry($"{i:x8}.bin", EntryMode.File, One))));
        var small = trees.Add(Tree.Of([new("x", EntryMode.File, One)]));
        var root = trees.Add(Tree.Of(Enumerable.Range(0, 1000).Select(i => new TreeEntry($"f{i}", EntryMode.Folder, small)).Append(new("big", EntryMode.Folder, big))));
        var edited = await trees.EditAsync(root, async editor =>
        {
            for (var i = 0; i < 5000; i++) await editor.PutAsync(RepoPath.Parse($"big/{i * 20:x8}.bin"), EntryMode.File, Two, default);
            for (var i = 0; i < 2000; i++) Assert.True(await editor.RemoveAsync(RepoPath.Parse($"big/{i * 20 + 1:x8}.bin"), default));
        });
        Assert.Equal(2, trees.Loads);
        var changes = 0;
        await foreach (var change in TreeDiff.CompareAsync(trees.LoadAsync, root, edited, default)) changes += change.After is null ? 10_000 : 1;
        Assert.Equal(2000 * 10_000 + 5000, changes);
        Assert.Equal(6, trees.Loads);
    }
}

using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class TreeDiffTests
{
    static readonly ObjectId One = GitHash.Of(ObjectType.Blob, "one"u8), Two = GitHash.Of(ObjectType.Blob, "two"u8);

    static async Task<List<TreeChange>> CompareAsync(MemoryTrees trees, ObjectId? before, ObjectId? after)
    {
        var changes = new List<TreeChange>();
        await foreach (var change in TreeDiff.CompareAsync(trees.LoadAsync, before, after, default)) changes.Add(change);
        return changes;
    }

    [Fact]
    public async Task Changes_are_those_between_the_two_sets_of_files_in_path_order()
    {
        var trees = new MemoryTrees();
        for (var seed = 100; seed < 120; seed++)
        {
            var random = new Random(seed);
            var sides = new Dictionary<string, ObjectId>[2];
            var roots = new ObjectId[2];
            for (var side = 0; side < 2; side++)
            {
                sides[side] = RandomPaths.Files(random, 60).ToDictionary(path => path, _ => random.Next(2) == 0 ? One : Two);
                roots[side] = await trees.PutAllAsync(ObjectId.EmptyTree, sides[side].Select(file => (file.Key, EntryMode.File, file.Value)));
            }
            var expected = sides[0].Keys.Union(sides[1].Keys)
                .Where(path => sides[0].GetValueOrDefault(path) != sides[1].GetValueOrDefault(path))
                .Order(Comparer<string>.Create((a, b) => System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b))))
                .Select(path => (path, sides[0].GetValueOrDefault(path), sides[1].GetValueOrDefault(path)));
            Assert.Equal(expected, (await CompareAsync(trees, roots[0], roots[1])).Select(change => (change.Path.Value, change.Before?.Id, change.After?.Id)));
            Assert.Equal(sides[1].Count, (await CompareAsync(trees, null, roots[1])).Count);
            Assert.Equal(sides[0].Count, (await CompareAsync(trees, roots[0], null)).Count(change => change.After is null));
            Assert.Empty(await CompareAsync(trees, roots[0], roots[0]));
        }
    }

    [Fact]
    public async Task A_change_of_mode_alone_is_a_change()
    {
        var trees = new MemoryTrees();
        var before = await trees.PutAllAsync(ObjectId.EmptyTree, [("run", EntryMode.File, One)]);
        var after = await trees.PutAllAsync(ObjectId.EmptyTree, [("run", EntryMode.Executable, One)]);
        var change = Assert.Single(await CompareAsync(trees, before, after));
        Assert.Equal((EntryMode.File, EntryMode.Executable), (change.Before!.Mode, change.After!.Mode));
    }

    [Fact]
    public async Task Trees_nested_without_end_are_refused_and_not_followed()
    {
        var trees = new MemoryTrees();
        var tree = trees.Add(Tree.Of([new("file", EntryMode.File, One)]));
        for (var i = 1; i < RepoPath.MaxDepth; i++) tree = trees.Add(Tree.Of([new("d", EntryMode.Folder, tree)]));
        Assert.Single(await CompareAsync(trees, null, tree));
        for (var i = 0; i < 10_000; i++) tree = trees.Add(Tree.Of([new("d", EntryMode.Folder, tree)]));
        await Assert.ThrowsAsync<FormatException>(() => CompareAsync(trees, null, tree));
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var _ in TreeWalk.FilesAsync(trees.LoadAsync, tree, RepoPath.Parse("d/d"), default)) { }
        });
    }

    [Fact]
    public async Task A_walk_begins_where_it_is_told()
    {
        var trees = new MemoryTrees();
        var root = await trees.PutAllAsync(ObjectId.EmptyTree, new[] { "a.b", "a/b", "a/c/d", "a/c/e", "b" }.Select(path => (path, EntryMode.File, One)));
        async Task<string> WalkAsync(string below)
        {
            var paths = new List<string>();
            await foreach (var (path, _) in TreeWalk.FilesAsync(trees.LoadAsync, root, RepoPath.Parse(below), default)) paths.Add(path.Value);
            return string.Join(' ', paths);
        }
        Assert.Equal("a/b a/c/d a/c/e", await WalkAsync("a"));
        Assert.Equal("a/c/d a/c/e", await WalkAsync("a/c"));
        Assert.Equal("b", await WalkAsync("b"));
        Assert.Equal("", await WalkAsync("b/c"));
        Assert.Equal("", await WalkAsync("x"));
    }
}

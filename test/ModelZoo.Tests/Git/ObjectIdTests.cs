using System.Text;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class ObjectIdTests
{
    [Fact]
    public void Blob_ids_are_those_of_git_hash_object()
    {
        using var git = new GitBinary();
        var random = new Random(1);
        var contents = Enumerable.Range(0, 20).Select(i => { var bytes = new byte[i * i * 97]; random.NextBytes(bytes); return bytes; }).ToArray();
        for (var i = 0; i < contents.Length; i++) File.WriteAllBytes(Path.Combine(git.Folder, $"{i}"), contents[i]);
        var expected = git.RunWith(string.Concat(contents.Select((_, i) => $"{i}\n")), null, "hash-object", "--stdin-paths").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, contents.Select(content => GitHash.Of(ObjectType.Blob, content).Hex));
    }

    [Fact]
    public void Hashing_in_pieces_gives_the_same_id_and_keeps_to_the_declared_length()
    {
        var content = Encoding.UTF8.GetBytes("one two three");
        using var hasher = new GitHasher(ObjectType.Blob, content.Length);
        hasher.Append(content.AsSpan(0, 4));
        Assert.Throws<InvalidOperationException>(() => hasher.Finish());
        Assert.Throws<InvalidOperationException>(() => hasher.Append(content));
        hasher.Append(content.AsSpan(4));
        Assert.Equal(GitHash.Of(ObjectType.Blob, content), hasher.Finish());
        Assert.Throws<ArgumentOutOfRangeException>(() => new GitHasher(ObjectType.Blob, -1));
    }

    [Fact]
    public void The_empty_tree_has_the_id_everyone_knows()
    {
        Assert.Equal(ObjectId.EmptyTree, Tree.Empty.Id);
        Assert.Equal(ObjectId.EmptyTree, GitHash.Of(ObjectType.Tree, []));
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Git;
using ModelZoo.Git.Packs;

namespace ModelZoo.Tests.Git.Packs;

/// <summary>Packs that git writes are read, packs that we write are taken by git.</summary>
public sealed class PackReadingTests
{
    [Theory]
    [InlineData("--delta-base-offset")]
    [InlineData("--no-reuse-delta")]
    public void What_git_packs_is_read_object_by_object(string option)
    {
        using var git = new GitBinary();
        var ids = MakeHistory(git, commits: 30);

        var packed = Pack(git, ids, option, "--window=10");
        using var pack = Read(packed);

        Assert.Equal(ids.Order(StringComparer.Ordinal), pack.Objects.Keys.Select(id => id.Hex).Order(StringComparer.Ordinal));
        Assert.True(packed.Length < pack.Objects.Values.Sum(o => o.SizeBytes) / 4, "the pack has no deltas to speak of");
        foreach (var (id, item) in pack.Objects) Assert.Equal(id, GitHash.Of(item.Type, pack.Read(item)));
    }

    [Fact]
    public void A_thin_pack_is_completed_from_what_the_receiver_has()
    {
        using var git = new GitBinary();
        MakeHistory(git, commits: 10);
        var revisions = $"{git.Run("rev-parse", "HEAD").Trim()}\n^{git.Run("rev-parse", "HEAD~2").Trim()}\n";
        var packed = git.RunBytes(Encoding.ASCII.GetBytes(revisions), "pack-objects", "--stdout", "--thin", "--revs", "--delta-base-offset", "-q");
        var asked = new List<string>();

        using var pack = Read(packed, id =>
        {
            asked.Add(id.Hex);
            var type = ObjectTypes.Parse(git.Run("cat-file", "-t", id.Hex).Trim());
            return (type, git.RunBytes([], "cat-file", type.ToWord(), id.Hex));
        });

        Assert.NotEmpty(asked);
        Assert.All(pack.Objects, item => Assert.Equal(item.Key, GitHash.Of(item.Value.Type, pack.Read(item.Value))));
        Assert.All(asked, id => Assert.False(pack.Has(ObjectId.Parse(id))));
        Assert.Contains("neither in the pack nor known", Assert.Throws<PackFormatException>(() => Read(packed)).Message);
    }

    [Fact]
    public async Task What_is_written_git_indexes_and_finds_sound()
    {
        using var git = new GitBinary();
        var ids = MakeHistory(git, commits: 5);
        using var read = Read(Pack(git, ids));
        var output = new MemoryStream();
        using (var writer = new PackWriter(output, (uint)read.Objects.Count))
        {
            foreach (var item in read.Objects.Values) await writer.AddAsync(item.Type, read.Read(item), default);
            await writer.FinishAsync(default);
        }

        using var other = new GitBinary();
        other.RunBytes(output.ToArray(), "index-pack", "--stdin", "--strict");
        other.Run("update-ref", "refs/heads/main", git.Run("rev-parse", "HEAD").Trim());
        Assert.Equal("", other.Run("fsck", "--strict", "--full", "--no-dangling"));
    }

    [Fact]
    public void Any_contents_survive_being_packed_and_read() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(
        ArbMap.Default.ArbFor<byte[][]>(), contents =>
        {
            var output = new MemoryStream();
            using (var writer = new PackWriter(output, (uint)contents.Length))
            {
                foreach (var content in contents) writer.AddAsync(ObjectType.Blob, content, default).GetAwaiter().GetResult();
                writer.FinishAsync(default).GetAwaiter().GetResult();
            }
            using var pack = Read(output.ToArray());
            return contents.All(content => pack.TryRead(GitHash.Of(ObjectType.Blob, content), ObjectType.Blob, out var read) && read.SequenceEqual(content));
        }));

    [Fact]
    public void Large_and_incompressible_contents_pass_the_window_of_the_inflater()
    {
        using var git = new GitBinary();
        var random = new Random(5);
        var noise = new byte[300_000];
        random.NextBytes(noise);
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i % 977} {i / 7}\n")));
        File.WriteAllBytes(Path.Combine(git.Folder, "noise"), noise);
        File.WriteAllBytes(Path.Combine(git.Folder, "text"), text);
        File.WriteAllBytes(Path.Combine(git.Folder, "zeros"), new byte[1_000_000]);
        git.Run("add", ".");
        git.Run("-c", "user.name=a", "-c", "user.email=b", "commit", "-qm", "x");
        var ids = git.Run("rev-list", "--objects", "--no-object-names", "HEAD").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var level in (string[])["0", "1", "9"])
        {
            using var pack = Read(Pack(git, ids, $"--compression={level}", "--no-reuse-object"));
            foreach (var content in (byte[][])[noise, text, new byte[1_000_000]])
                Assert.True(pack.TryRead(GitHash.Of(ObjectType.Blob, content), ObjectType.Blob, out var read) && read.AsSpan().SequenceEqual(content));
        }
    }

    internal static UnpackedPack Read(byte[] pack, Func<ObjectId, (ObjectType, byte[])?>? find = null, PackLimits? limits = null) =>
        PackReader.ReadAsync(new MemoryStream(pack), new MemoryStream(), limits ?? new(), (id, _) => new(find?.Invoke(id)), CancellationToken.None).GetAwaiter().GetResult();

    static byte[] Pack(GitBinary git, IReadOnlyList<string> ids, params string[] options) =>
        git.RunBytes(Encoding.ASCII.GetBytes(string.Join('\n', ids) + "\n"), ["pack-objects", "--stdout", "-q", .. options]);

    /// <summary>A file that grows a little with each commit: what deltas are for.</summary>
    static List<string> MakeHistory(GitBinary git, int commits)
    {
        var random = new Random(1);
        var lines = Enumerable.Range(0, 300).Select(i => $"line {i} {random.Next()}").ToList();
        for (var i = 0; i < commits; i++)
        {
            lines[random.Next(lines.Count)] = $"changed {random.Next()}";
            git.Write("data/file.txt", string.Join('\n', lines));
            git.Write($"data/{i % 5}.txt", $"{random.Next()}");
            git.Run("add", ".");
            git.Run("-c", "user.name=a", "-c", "user.email=b", "commit", "-qm", $"commit {i}");
        }
        return [.. git.Run("rev-list", "--objects", "--no-object-names", "HEAD").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}

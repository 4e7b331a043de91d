using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Tests.Repositories;

/// <summary>Object ids are git's: the git program computes the same ones from the same content.</summary>
public abstract class GitIdentityTests(TestHub hub)
{
    /// <summary>Names that sort differently as a file and as a folder, or by bytes and by characters.</summary>
    static readonly string[] s_names =
        ["a", "a.b", "a-b", "a0", "ab", "A-", "foo", "foo.txt", "foo-bar", "Z", "ünï", "日本", "𝄞", "~", "!", "x y", "#q?%+[]", "'\"", "zz\\w", ".hidden", "-dash"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task After_random_commits_every_id_is_the_one_that_git_computes(int seed)
    {
        if (!GitProgram.IsPresent) Assert.Skip("git is not installed");
        using var git = new GitProgram();
        var random = new Random(seed);
        var repo = await hub.Ada.CreateAsync();
        var expected = new Dictionary<string, byte[]> { [".gitattributes"] = await hub.Ada.ReadFileAsync(repo, ".gitattributes") };
        var large = new Dictionary<string, byte[]>();

        for (var round = 0; round < 8; round++)
        {
            var operations = new List<object>();
            var touched = new HashSet<string>();
            for (var i = random.Next(1, 8); i > 0; i--)
            {
                switch (random.Next(6))
                {
                    case 0 when expected.Count > 2 && expected.Keys.ElementAt(random.Next(expected.Count)) is var gone && touched.Add(gone):
                        expected.Remove(gone);
                        operations.Add(TestActor.Delete(gone));
                        break;
                    case 1 when expected.Keys.FirstOrDefault(p => p.Contains('/')) is { } inside && inside.Split('/')[0] is var folder && !touched.Any(t => t.StartsWith(folder + "/")) && touched.Add(folder):
                        foreach (var path in expected.Keys.Where(p => p.StartsWith(folder + "/")).ToList()) expected.Remove(path);
                        operations.Add(new { key = "deletedFolder", value = new { path = folder } });
                        foreach (var path in expected.Keys) touched.Add(path);      // nothing below a folder that goes is touched again
                        i = 0;
                        break;
                    case 2 when Free(expected, touched, random) is { } path:
                        var bytes = RandomNumberGenerator.GetBytes(random.Next(1, 5000));
                        var oid = await hub.Ada.UploadAsync(repo, bytes);
                        large[oid] = bytes;
                        expected[path] = Pointer(oid, bytes.Length);
                        operations.Add(TestActor.Large(path, oid, bytes.Length));
                        break;
                    case 3 when large.Count > 0 && Free(expected, touched, random) is { } path:      // a copy: no size
                        var known = large.ElementAt(random.Next(large.Count));
                        expected[path] = Pointer(known.Key, known.Value.Length);
                        operations.Add(TestActor.Large(path, known.Key, null));
                        break;
                    default:
                        if (Free(expected, touched, random) is not { } at) break;
                        expected[at] = RandomNumberGenerator.GetBytes(random.Next(0, 300));
                        operations.Add(TestActor.File(at, expected[at]));
                        break;
                }
            }
            if (operations.Count == 0) continue;
            await hub.Ada.CommitAsync(repo, [.. operations]);
            await CompareAsync(git, repo, expected);
        }
    }

    [Fact]
    public async Task An_executable_that_was_there_stays_one_when_its_content_changes()
    {
        if (!GitProgram.IsPresent) Assert.Skip("git is not installed");
        using var git = new GitProgram();
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "run.sh", "one");
        await MakeExecutableAsync(repo, "run.sh");

        await hub.Ada.CommitAsync(repo, TestActor.File("run.sh", "two"), TestActor.File("plain.sh", "x"));

        var attributes = git.Blob(await hub.Ada.ReadFileAsync(repo, ".gitattributes"));
        var tree = git.Tree([(".gitattributes", "100644", attributes), ("run.sh", "100755", git.Blob("two"u8.ToArray())), ("plain.sh", "100644", git.Blob("x"u8.ToArray()))]);
        Assert.Equal(tree, await TreeIdAsync(repo));
    }

    [Fact]
    public async Task Commit_ids_are_those_of_git_commit_tree()
    {
        if (!GitProgram.IsPresent) Assert.Skip("git is not installed");
        using var git = new GitProgram();
        var repo = await hub.Ada.CreateAsync();
        var attributes = git.Blob(await hub.Ada.ReadFileAsync(repo, ".gitattributes"));
        string? parent = null;
        var files = new List<(string, string, string)> { (".gitattributes", "100644", attributes) };
        foreach (var (summary, description) in new[] { ("initial commit", ""), ("Füge 文件 hinzu", ""), ("two\nlines", "and\n\na body\n"), ("  spaces  ", "trailing \n\n") })
        {
            if (parent is not null)
            {
                files.Add(($"f{files.Count}.txt", "100644", git.Blob(Encoding.UTF8.GetBytes(summary))));
                await TestActor.ReadAsync(await CommitAsync(repo, summary, description, TestActor.File($"f{files.Count - 1}.txt", summary)));
            }
            var head = await hub.Ada.HeadAsync(repo);
            var (commit, _) = await StoredCommitAsync(repo, head);
            var message = description.Length == 0 ? summary : $"{summary}\n\n{description}";

            Assert.Equal(git.Commit(git.Tree(files), parent, message, commit.Author.Name, commit.Author.Email, commit.Author.When), head);
            Assert.Equal(message, commit.Message);
            parent = head;
        }
    }

    async Task CompareAsync(GitProgram git, string repo, Dictionary<string, byte[]> expected)
    {
        var blobs = expected.ToDictionary(f => f.Key, f => git.Blob(f.Value));
        var tree = (await hub.Ada.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true")).AsArray();
        var files = tree.Where(e => e!["type"]!.GetValue<string>() == "file").ToDictionary(e => e!["path"]!.GetValue<string>(), e => e!["oid"]!.GetValue<string>());

        Assert.Equal(blobs.OrderBy(b => b.Key, StringComparer.Ordinal), files.OrderBy(b => b.Key, StringComparer.Ordinal));
        Assert.Equal(git.Tree(blobs.Select(b => (b.Key, "100644", b.Value))), await TreeIdAsync(repo));
        foreach (var folder in tree.Where(e => e!["type"]!.GetValue<string>() == "directory").Select(e => e!.AsObject()))
        {
            var prefix = folder["path"]!.GetValue<string>() + "/";
            Assert.Equal(git.Tree(blobs.Where(b => b.Key.StartsWith(prefix)).Select(b => (b.Key[prefix.Length..], "100644", b.Value))), folder["oid"]!.GetValue<string>());
        }
    }

    /// <summary>A path that fits beside the others: no file where a folder is, no twin in case, not used in this commit yet.</summary>
    static string? Free(Dictionary<string, byte[]> files, HashSet<string> touched, Random random)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var path = string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => s_names[random.Next(s_names.Length)]));
            var all = files.Keys.Concat(touched).Where(p => p != path).ToList();
            if (touched.Contains(path) || all.Any(p => p.StartsWith(path + "/") || path.StartsWith(p + "/"))) continue;
            if (Twins(all.Append(path))) continue;
            touched.Add(path);
            return path;
        }
        return null;
    }

    static bool Twins(IEnumerable<string> paths)
    {
        var prefixes = paths.SelectMany(p => p.Split('/').Select((_, i) => string.Join('/', p.Split('/')[..(i + 1)]))).Distinct().ToList();
        return prefixes.Select(p => p.ToLowerInvariant()).Distinct().Count() != prefixes.Count;
    }

    static byte[] Pointer(string oid, int size) => Encoding.UTF8.GetBytes($"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n");

    async Task<string> TreeIdAsync(string repo) => (await StoredCommitAsync(repo, await hub.Ada.HeadAsync(repo))).Commit.Tree.Hex;

    async Task<(Commit Commit, Repository Repository)> StoredCommitAsync(string repo, string id)
    {
        var repository = (await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, repo.Split('/')[0], repo.Split('/')[1], null, default))!.Value.Repository;
        return (Commit.Parse((await hub.Get<GitObjectStore>().FindContentAsync(repository.SpaceId, ObjectId.Parse(id), default))!), repository);
    }

    Task<HttpResponseMessage> CommitAsync(string repo, string summary, string description, object operation)
    {
        var header = new JsonObject { ["key"] = "header", ["value"] = new JsonObject { ["summary"] = summary, ["description"] = description } };
        return hub.Ada.Http.PostAsync($"/api/models/{repo}/commit/main", new StringContent($"{header.ToJsonString()}\n{System.Text.Json.JsonSerializer.Serialize(operation)}"));
    }

    /// <summary>Over HTTP nothing becomes executable; a push by git would do this.</summary>
    async Task MakeExecutableAsync(string repo, string path)
    {
        var (head, repository) = await StoredCommitAsync(repo, await hub.Ada.HeadAsync(repo));
        var (objects, references) = (hub.Get<GitObjectStore>(), hub.Get<ReferenceStore>());
        var loader = hub.Get<TreeReader>().Loader(repository.SpaceId);
        var editor = new TreeEditor(loader, head.Tree);
        var entry = (await editor.FindAsync(RepoPath.Parse(path), default))!;
        await editor.PutAsync(RepoPath.Parse(path), EntryMode.Executable, entry.Id, default);
        var edited = await editor.FinishAsync(default);
        var commit = new Commit(edited.Root, [head.Id], head.Author, head.Committer, "make it executable");
        await objects.AddAsync(repository.SpaceId, [.. edited.NewTrees.Select(t => StoredObject.Tree(t.Id, t.Content)), StoredObject.Commit(commit)], default);
        await hub.Get<Database.HubDatabase>().WriteAsync(async transaction =>
        {
            await hub.Get<CommitWriter>().RecordAsync(transaction, repository, commit, default);
            Assert.True(await references.TryMoveAsync(transaction, repository.Id, repository.DefaultReference, head.Id, commit.Id, commit.Id, default));
            return true;
        }, default);
    }
}

public sealed class GitIdentityTests_Sqlite(SqliteHub hub) : GitIdentityTests(hub), IClassFixture<SqliteHub>;

public sealed class GitIdentityTests_Postgres(PostgresHub hub) : GitIdentityTests(hub), IClassFixture<PostgresHub>;

using System.Net;
using System.Text;

namespace ModelZoo.Hub.Tests.Repositories;

public abstract class CommitTests(TestHub hub)
{
    [Fact]
    public async Task What_was_committed_is_read_back_byte_for_byte()
    {
        var repo = await hub.Ada.CreateAsync();
        var large = new byte[3_000_000];
        Random.Shared.NextBytes(large);

        await hub.Ada.CommitTextAsync(repo, "notes/ünï code.txt", "grüße\n");
        await hub.Ada.CommitLargeAsync(repo, "model.safetensors", large);

        Assert.Equal("grüße\n", Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, "notes/ünï code.txt")));
        Assert.Equal(large, await hub.Nobody.ReadFileAsync(repo, "model.safetensors"));
        var tree = await hub.Nobody.GetJsonAsync($"/api/models/{repo}/tree/main?recursive=true&expand=true");
        Assert.Equal(["notes", "notes/ünï code.txt", ".gitattributes", "model.safetensors"], tree.AsArray().Select(e => e!["path"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_commit_with_a_stale_parent_is_refused_and_leaves_no_trace()
    {
        var repo = await hub.Ada.CreateAsync();
        var first = await hub.Ada.CommitTextAsync(repo, "a.txt", "one");
        var second = await hub.Ada.CommitTextAsync(repo, "a.txt", "two");

        var refused = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "third", first, TestActor.File("a.txt", "three"));

        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        var words = await refused.Content.ReadAsStringAsync();
        Assert.Contains("A commit has happened since. Please refresh and try again.", words);
        Assert.Contains("The branch was updated since you opened this page. Please refresh and try again.", words);
        Assert.Equal("two", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "a.txt")));
        Assert.Equal(second, await hub.Ada.HeadAsync(repo));
    }

    [Fact]
    public async Task Concurrent_commits_without_a_parent_all_enter_one_linear_history()
    {
        var repo = await hub.Ada.CreateAsync();

        var heads = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => hub.Ada.CommitTextAsync(repo, $"f{i}.txt", $"{i}")));

        var history = (await hub.Ada.GetJsonAsync($"/api/models/{repo}/commits/main?limit=100")).AsArray().Select(c => c!["id"]!.GetValue<string>()).ToList();
        Assert.Equal(25, history.Count);
        Assert.All(heads, head => Assert.Single(history, head));
        var files = (await hub.Ada.GetJsonAsync($"/api/models/{repo}/tree/main")).AsArray();
        Assert.Equal(25, files.Count);
    }

    [Theory]
    [InlineData("../up.txt")]
    [InlineData("/absolute.txt")]
    [InlineData("a//b.txt")]
    [InlineData("a/./b.txt")]
    [InlineData(".git/config")]
    [InlineData("x/.GIT/hooks/post-checkout")]
    [InlineData("nul\0.txt")]
    [InlineData("line\nbreak.txt")]
    [InlineData("..\\up.txt")]
    public async Task A_path_that_could_do_harm_is_refused_and_leaves_no_trace(string path)
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);

        var refused = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "bad", null, TestActor.File("fine.txt", "x"), TestActor.File(path, "x"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
    }

    [Theory]
    [InlineData("readme.md", "README.MD")]
    [InlineData("caf\u00e9.txt", "cafe\u0301.txt")]
    [InlineData("dir/a.txt", "DIR/b.txt")]
    public async Task Names_that_many_disks_take_for_one_are_refused(string first, string second)
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, first, "x");

        var refused = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "twin", null, TestActor.File(second, "y"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
    }

    [Fact]
    public async Task Deleting_what_is_not_there_refuses_the_whole_commit()
    {
        var repo = await hub.Ada.CreateAsync();

        var refused = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "delete", null, TestActor.File("new.txt", "x"), TestActor.Delete("absent.txt"));

        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal("EntryNotFound", refused.Headers.GetValues("X-Error-Code").Single());
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(repo, "new.txt")).StatusCode);
    }

    [Fact]
    public async Task A_digest_that_somebody_else_uploaded_cannot_be_committed()
    {
        var mine = await hub.Ada.CreateAsync(isPrivate: true);
        var secret = Encoding.UTF8.GetBytes("a secret of ada " + Guid.NewGuid());
        await hub.Ada.CommitLargeAsync(mine, "secret.bin", secret);
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(secret));
        var thief = await hub.JoinAsync();
        var theirs = await thief.CreateAsync();

        var refused = await thief.TryCommitAsync(TestActor.Api(theirs), "steal", null, TestActor.Large("stolen.bin", digest, secret.Length));
        var pointer = await thief.TryCommitAsync(TestActor.Api(theirs), "steal", null,
            TestActor.File("stolen.bin", $"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {secret.Length}\n"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, pointer.StatusCode);
    }

    [Fact]
    public async Task Ten_thousand_operations_are_refused_with_words_that_say_what_to_do()
    {
        var repo = await hub.Ada.CreateAsync();
        var before = await hub.Ada.HeadAsync(repo);

        var refused = await hub.Ada.TryCommitAsync(TestActor.Api(repo), "many", null,
            [.. Enumerable.Range(0, 10_000).Select(i => TestActor.File($"f{i}", "x"))]);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("split it", await refused.Content.ReadAsStringAsync());
        Assert.Equal(before, await hub.Ada.HeadAsync(repo));
    }
}

public sealed class CommitTests_Sqlite(SqliteHub hub) : CommitTests(hub), IClassFixture<SqliteHub>;

public sealed class CommitTests_Postgres(PostgresHub hub) : CommitTests(hub), IClassFixture<PostgresHub>;

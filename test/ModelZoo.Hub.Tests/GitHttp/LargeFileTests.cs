using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;

namespace ModelZoo.Hub.Tests.GitHttp;

/// <summary>Large files with the real git-lfs, and its locks.</summary>
public abstract class LargeFileTests(TestHub hub)
{
    [Fact]
    public async Task Large_files_are_pushed_through_lfs_and_come_back_when_cloned()
    {
        var repo = await hub.Ada.CreateAsync();
        using var work = new WorkFolder(lfs: true);
        work.Clone(hub, hub.Ada, repo);
        var weights = RandomNumberGenerator.GetBytes(12_000_000);
        work.Write("model.safetensors", weights);
        work.Write("deep/other.bin", RandomNumberGenerator.GetBytes(100));
        work.Commit("weights");
        work.Git("push", "-q");

        Assert.Equal(SHA256.HashData(weights), SHA256.HashData(await hub.Nobody.ReadFileAsync(repo, "model.safetensors", "main")));
        using var copy = new WorkFolder(lfs: true);
        copy.Clone(hub, hub.Nobody, repo);
        Assert.Equal(SHA256.HashData(weights), SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(copy.Path, "model.safetensors"))));
        Assert.Equal("", copy.Git("status", "--porcelain"));
    }

    [Fact]
    public async Task A_file_that_was_refused_goes_through_after_what_the_refusal_says_was_done()
    {
        var repo = await hub.Ada.CreateAsync();
        using var work = new WorkFolder(lfs: true);
        work.Clone(hub, hub.Ada, repo);
        work.Commit("before", ("a.txt", "a"));
        work.Write("weights.data", new byte[10_000_001]);
        work.Commit("too large");
        var refused = work.TryGit("push", "origin", "main");
        Assert.NotEqual(0, refused.Code);
        var advice = refused.Errors.Split('\n').First(line => line.Contains("git lfs migrate", StringComparison.Ordinal)).Replace("remote:", "").Trim();
        Assert.Equal("git lfs migrate import --include=\"weights.data\"", advice);
        work.Git("lfs", "migrate", "import", "--yes", "--include=weights.data");
        work.Git("push", "-q", "origin", "main");
        Assert.Equal(10_000_001, (await hub.Nobody.ReadFileAsync(repo, "weights.data")).Length);
    }

    [Fact]
    public async Task A_pointer_to_what_was_not_uploaded_is_refused_also_when_somebody_else_has_it()
    {
        var hidden = await hub.Ada.CreateAsync(isPrivate: true);
        var digest = await hub.Ada.UploadAsync(hidden, Encoding.UTF8.GetBytes("private weights"));
        await hub.Ada.CommitAsync(hidden, TestActor.Large("w.bin", digest, 15));
        var thief = await hub.JoinAsync();
        var repo = await thief.CreateAsync();
        using var work = new WorkFolder();
        work.Clone(hub, thief, repo, "-c", "filter.lfs.smudge=cat", "-c", "filter.lfs.clean=cat", "-c", "filter.lfs.process=");
        work.Commit("a pointer", ("w.txt", $"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 15\n"));
        var refused = work.TryGit("push", "origin", "main");
        Assert.Contains("points to content that was not uploaded", refused.Errors);
        var absent = work.Commit("another", ("w.txt", $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('1', 64)}\nsize 15\n"));
        Assert.Contains("points to content that was not uploaded", work.TryGit("push", "origin", $"{absent}:refs/heads/x").Errors);

        var wrongSize = await thief.UploadAsync(repo, "12345"u8.ToArray());
        work.Git("reset", "-q", "--hard", "origin/main");
        work.Commit("wrong size", ("w.txt", $"version https://git-lfs.github.com/spec/v1\noid sha256:{wrongSize}\nsize 6\n"));
        Assert.Contains("states 6 bytes", work.TryGit("push", "origin", "main").Errors);
    }

    [Fact]
    public async Task Locks_are_made_listed_and_given_up_and_hold_against_the_pushes_of_others()
    {
        var repo = await hub.Ada.CreateAsync();
        var grace = await hub.JoinAsync();
        var writing = await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/models/{repo}/collaborators/{grace.Handle}", new { access = "write" });
        Assert.True(writing.IsSuccessStatusCode);
        await hub.Ada.CommitAsync(repo, TestActor.File("a.txt", "a"), TestActor.File("b.txt", "b"));
        using var mine = new WorkFolder(lfs: true);
        using var hers = new WorkFolder(lfs: true);
        mine.Clone(hub, hub.Ada, repo);
        hers.Clone(hub, grace, repo);

        mine.Git("lfs", "lock", "a.txt");
        Assert.Contains("a.txt\tada", hers.Git("lfs", "locks"));
        Assert.NotEqual(0, hers.TryGit("lfs", "lock", "a.txt").Code);
        Assert.NotEqual(0, hers.TryGit("lfs", "unlock", "a.txt").Code);
        Assert.NotEqual(0, hers.TryGit("lfs", "unlock", "--force", "a.txt").Code);
        hers.Commit("changes a locked file", ("a.txt", "changed"));
        Assert.NotEqual(0, hers.TryGit("push", "origin", "main").Code);
        var refused = hers.TryGit("push", "--no-verify", "origin", "main");      // without git-lfs asking first
        Assert.Contains("'a.txt' is locked by ada", refused.Errors);
        hers.Git("reset", "-q", "--hard", "origin/main");
        hers.Commit("changes another", ("b.txt", "changed"));
        hers.Git("push", "-q", "origin", "main");
        mine.Git("pull", "-q");
        mine.Commit("the owner of the lock may", ("a.txt", "mine"));
        mine.Git("push", "-q");

        hers.Git("lfs", "lock", "b.txt");
        mine.Git("lfs", "unlock", "a.txt");
        mine.Git("lfs", "unlock", "--force", "b.txt");
        Assert.Equal("", hers.Git("lfs", "locks"));
    }

    [Fact]
    public async Task Locks_of_a_repository_are_nobody_elses_business()
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: true);
        var made = await hub.Ada.PostJsonAsync($"/{repo}.git/info/lfs/locks", new { path = "x.bin" });
        var id = made["lock"]!["id"]!.GetValue<string>();
        var stranger = await hub.JoinAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.GetAsync($"/{repo}.git/info/lfs/locks")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Http.PostAsJsonAsync($"/{repo}.git/info/lfs/locks/{id}/unlock", new { force = true })).StatusCode);
        var own = await stranger.CreateAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Http.PostAsJsonAsync($"/{own}.git/info/lfs/locks/{id}/unlock", new { force = true })).StatusCode);
        var anonymous = await hub.Nobody.GetAsync($"/{repo}.git/info/lfs/locks");
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        Assert.StartsWith("Basic", anonymous.Headers.GetValues("LFS-Authenticate").Single());
        var again = await hub.Ada.Http.PostAsJsonAsync($"/{repo}.git/info/lfs/locks", new { path = "x.bin" });
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.Http.PostAsJsonAsync($"/{repo}.git/info/lfs/locks", new { path = "../x" })).StatusCode);
        for (var i = 0; i < 5; i++) await hub.Ada.PostJsonAsync($"/{repo}.git/info/lfs/locks", new { path = $"{i}.bin" });
        var seen = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await hub.Ada.GetJsonAsync($"/{repo}.git/info/lfs/locks?limit=2&cursor={cursor}");
            seen.AddRange(page["locks"]!.AsArray().Select(held => held!["path"]!.GetValue<string>()));
            cursor = page["next_cursor"]?.GetValue<string>();
        }
        Assert.Equal(6, seen.Distinct().Count());
    }
}

public sealed class LargeFileTests_Sqlite(SqliteHub hub) : LargeFileTests(hub), IClassFixture<SqliteHub>;

public sealed class LargeFileTests_Postgres(PostgresHub hub) : LargeFileTests(hub), IClassFixture<PostgresHub>;

using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Tests.Maintenance;

public abstract class ReindexTests(TestHub hub)
{
    [Fact]
    public async Task What_is_derived_is_the_same_after_it_was_wiped_and_derived_again()
    {
        var ada = hub.Ada;
        var plain = await FillAsync(ada, await ada.CreateAsync());
        var squashed = await FillAsync(ada, await ada.CreateAsync());
        await TestActor.ReadAsync(await ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(squashed)}/super-squash/main", new { message = "all in one" }));
        await ada.CommitTextAsync(squashed, "after.txt", "after the squash");
        var data = $"datasets/{await ada.CreateAsync(type: "dataset")}";
        await ada.CommitTextAsync(data, "README.md", "---\nlicense: mit\ntags: [digits]\n---\nHandwritten digits.\n");
        await ada.CommitTextAsync(data, "eval.yaml", "name: Digits\ntasks:\n- {id: digits, zoo: {metric: acc}}\n- {zoo: {}}\n");
        var measured = await ada.CommitTextAsync(plain, "vocab.txt", "weights");
        await ada.CommitTextAsync(plain, ".eval_results/run.yaml", await ModelZoo.Hub.Tests.Evaluations.ScoreBench.SignedEntryAsync(hub, plain, measured, data["datasets/".Length..], "digits", 0.9)
            + ModelZoo.Hub.Tests.Evaluations.ScoreBench.Entry("any/thing", "else", "0.5", "  notes: a note\n") + "- value: 1\n");
        var moved = await FillAsync(ada, await ada.CreateAsync());
        var newName = $"ada/{hub.Fresh("renamed-vision")}";
        await ada.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = moved, toRepo = newName, type = "model" });
        await hub.Nobody.ReadFileAsync(plain, "config.json");
        await hub.Nobody.ReadFileAsync(plain, "config.json");
        await hub.Get<Hub.Repositories.DownloadCounter>().FlushAsync(default);
        await hub.SettleAsync();

        var before = await hub.DumpDerivedAsync();
        Assert.Contains("renamed", before);
        Assert.Contains("parameters", before);
        Assert.Contains("verified", before);
        await hub.ReindexAsync();
        Assert.Equal(before, await hub.DumpDerivedAsync());
        await hub.WipeDerivedAsync();
        Assert.NotEqual(before, await hub.DumpDerivedAsync());
        await hub.ReindexAsync();
        Assert.Equal(before, await hub.DumpDerivedAsync());
        await hub.RequireCleanAsync();
    }

    static async Task<string> FillAsync(TestActor ada, string repo)
    {
        await ada.CommitTextAsync(repo, "README.md", "---\nlicense: apache-2.0\npipeline_tag: image-classification\n---\n# A model\nIt sees cats.\n");
        await ada.CommitAsync(repo, TestActor.File("config.json", """{"model_type": "vit", "architectures": ["ViT"]}"""), TestActor.File("a/b/c.txt", "c"), TestActor.File("a/d.txt", "d"));
        await ada.CommitLargeAsync(repo, "model.safetensors", Upkeep.Safetensors(1000));
        await ada.CommitTextAsync(repo, "a/b/c.txt", "c again");
        await ada.CommitAsync(repo, TestActor.Delete("a/d.txt"));
        await ada.CommitAsync(repo, new { key = "file", value = new { path = "moved/c.txt", oldPath = "a/b/c.txt", content = "Yw==", encoding = "base64" } });
        await ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/branch/side", new { });
        await ada.CommitTextAsync($"{repo}@side", "only-there.txt", "side");
        await ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/tag/main", new { tag = "v1", message = "first" });
        await ada.CommitTextAsync(repo, "README.md", "---\nlicense: mit\n---\n# A model\nIt sees dogs.\n");
        return repo;
    }

    [Fact]
    public async Task Commits_may_come_while_everything_is_derived_anew()
    {
        var repo = await hub.Ada.CreateAsync();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++) await hub.Ada.CommitTextAsync(repo, $"f/{i % 7}.txt", $"{i}");
        });
        while (!writing.IsCompleted) await hub.ReindexAsync();
        await writing;
        await hub.SettleAsync();
        var before = await hub.DumpDerivedAsync();
        await hub.ReindexAsync();
        Assert.Equal(before, await hub.DumpDerivedAsync());
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_new_default_branch_is_what_the_repository_is_described_by()
    {
        var repo = await FillAsync(hub.Ada, await hub.Ada.CreateAsync());
        await hub.Ada.CommitTextAsync($"{repo}@side", "README.md", "---\nlicense: openrail\n---\nSide.\n");
        var id = await hub.Get<HubDatabase>().FindAsync<long>("select id from repository where name = @name", new { name = repo.Split('/')[1] }, default);
        await hub.Get<Hub.Repositories.RepositoryStore>().SetDefaultBranchAsync(id, "side", default);
        await hub.SettleAsync();
        Assert.Equal("openrail", await hub.Get<HubDatabase>().FindAsync<string>("select licence from repository_card where repository_id = @id", new { id }, default));
        await hub.RequireCleanAsync();
    }
}

public sealed class ReindexTests_Sqlite(SqliteHub hub) : ReindexTests(hub), IClassFixture<SqliteHub>;

public sealed class ReindexTests_Postgres(PostgresHub hub) : ReindexTests(hub), IClassFixture<PostgresHub>;

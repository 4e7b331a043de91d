using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Tests.Populations;

namespace ModelZoo.Hub.Tests.Merging;

/// <summary>Soups of members of a population in a repository: scored at once, refused across barriers.</summary>
public abstract class MemberMergeTests(TestHub hub, SmallPopulation small)
{
    /// <summary>All files of the population as one commit.</summary>
    async Task<string> PopulationAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        var files = Directory.GetFiles(small.Folder, "*", SearchOption.AllDirectories).Select(path => (Path: Path.GetRelativePath(small.Folder, path).Replace('\\', '/'), Full: path)).Where(file => !file.Path.Contains("/logits/") && !file.Path.StartsWith('.')).ToList();
        foreach (var part in files.Chunk(60)) await hub.Ada.CommitAsync(repo, [.. part.Select(file => TestActor.File(file.Path, File.ReadAllBytes(file.Full)))]);
        return repo;
    }

    [Fact]
    public async Task Soups_of_members_come_as_models_with_scores()
    {
        var repo = await PopulationAsync();
        var members = (await Linear()).ToList();
        var target = $"{hub.Ada.Handle}/{hub.Fresh("epochs")}";
        Assert.StartsWith("done", await MergeTests.MergeAsync(hub.Ada, new { sources = new[] { $"{repo}#{members[0]}@last2" }, target, force = true }));
        var recipe = JsonNode.Parse(await hub.Ada.ReadFileAsync(target, "merge.json"))!;
        Assert.Equal([2, 3], recipe["inputs"]!.AsArray().Select(input => input!["epoch"]!.GetValue<int>()));
        Assert.All(recipe["inputs"]!.AsArray(), input => Assert.Equal((repo, members[0]), (input!["repository"]!.GetValue<string>(), input["member"]!.GetValue<string>())));
        Assert.Equal((30, 40), (recipe["scores"]!["val"]!["n"]!.GetValue<int>(), recipe["scores"]!["test"]!["n"]!.GetValue<int>()));
        Assert.Contains("its validation loss", recipe["verdict"]!.GetValue<string>());
        Assert.Equal("vit", JsonNode.Parse(await hub.Ada.ReadFileAsync(target, "config.json"))!["model_type"]!.GetValue<string>());
        Assert.Contains("| val | 30 |", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(target, "README.md")));
        // The program on this machine gives the same numbers.
        using var folder = new ModelZoo.Tests.Client.TemporaryFolder();
        var local = await SmallPopulation.JsonAsync("soup", $"{small.Folder}#{members[0]}@last2", "--out", folder["soup"], "--force");
        Assert.Equal(local.GetProperty("scores").GetProperty("test").GetProperty("soup").GetProperty("nll").GetDouble(), recipe["scores"]!["test"]!["soup"]!["nll"]!.GetValue<double>());

        foreach (var method in new[] { "greedy", "learned" })
        {
            Assert.StartsWith("done", await MergeTests.MergeAsync(hub.Ada, new { sources = members.Take(3).Select(member => $"{repo}#{member}"), method, target = $"{target}-{method}", force = true }));
            var made = JsonNode.Parse(await hub.Ada.ReadFileAsync($"{target}-{method}", "merge.json"))!;
            Assert.NotNull(made[method]);
            if (method == "greedy") Assert.True(made["scores"]!["val"]!["soup"]!["accuracy"]!.GetValue<double>() >= made["scores"]!["val"]!["best"]!["accuracy"]!.GetValue<double>());
            else Assert.True(made["learned"]!["last_loss"]!.GetValue<double>() <= made["learned"]!["first_loss"]!.GetValue<double>());
        }
    }

    [Fact]
    public async Task Whether_members_can_be_averaged_is_told_from_barriers()
    {
        var repo = await PopulationAsync();
        var members = (await Linear()).ToList();
        var check = await hub.Ada.PostJsonAsync("/api/zoo/merges/check", new { sources = new[] { $"{repo}#{members[0]}", $"{repo}#{members[^1]}" } });
        var pair = Assert.Single(check["pairs"]!.AsArray())!;
        var barrier = pair["accuracyBarrier"]!.GetValue<double>();
        Assert.Equal(barrier <= 0.02 ? "can be averaged" : "cannot be averaged", pair["verdict"]!.GetValue<string>());
        var said = await MergeTests.MergeAsync(hub.Ada, new { sources = new[] { $"{repo}#{members[0]}", $"{repo}#{members[^1]}" }, target = $"{hub.Ada.Handle}/{hub.Fresh("far")}" });
        if (barrier > 0.02) Assert.Contains("accuracy barrier", said);
        else Assert.StartsWith("done", said);
        Assert.Contains("There is no member", await MergeTests.MergeAsync(hub.Ada, new { sources = new[] { $"{repo}#nobody" }, target = $"{hub.Ada.Handle}/{hub.Fresh("x")}" }));
        Assert.Contains("keeps no state of epoch", await MergeTests.MergeAsync(hub.Ada, new { sources = new[] { $"{repo}#{members[0]}@70-80" }, target = $"{hub.Ada.Handle}/{hub.Fresh("x")}" }));
        Assert.Contains("is a population", await MergeTests.MergeAsync(hub.Ada, new { sources = new[] { repo }, target = $"{hub.Ada.Handle}/{hub.Fresh("x")}" }));
    }

    async Task<IEnumerable<string>> Linear() =>
        (await SmallPopulation.JsonAsync("population", "show", small.Folder, "--where", "stage = ft and head.kind != mlp and epoch = 3")).GetProperty("members").EnumerateArray().Select(member => member.GetProperty("id").GetString()!).ToList();
}

public sealed class MemberMergeTests_Sqlite(SqliteHub hub, SmallPopulation small) : MemberMergeTests(hub, small), IClassFixture<SqliteHub>, IClassFixture<SmallPopulation>;

public sealed class MemberMergeTests_Postgres(PostgresHub hub, SmallPopulation small) : MemberMergeTests(hub, small), IClassFixture<PostgresHub>, IClassFixture<SmallPopulation>;

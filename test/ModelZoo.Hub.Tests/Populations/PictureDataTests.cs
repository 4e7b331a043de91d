using System.Text;
using System.Text.Json.Nodes;
using static ModelZoo.Hub.Tests.Populations.Grown;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>Populations trained on data set repositories as people publish them: folders of pictures, tables, archives; grey and in colours.</summary>
public abstract class PictureDataTests(TestHub hub)
{
    [Fact]
    public async Task Coloured_pictures_in_folders_of_their_classes_are_trained_on_with_their_words()
    {
        var data = await hub.Ada.CreateAsync(type: "dataset");
        await hub.Ada.CommitAsync($"datasets/{data}", [.. Files([.. Coloured("train", 48, 12), .. Coloured("validation", 24, 12)])]);
        var repo = await hub.Ada.CreateAsync();
        var text = Blueprint($"hub: {data}@main, args: {{ side: 8 }}", channels: 3);

        Assert.Equal("done 3 of 3 members are done.", Say(await hub.Ada.GenerateAsync(repo, text)));
        var record = Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "population.json"));
        foreach (var fact in (string[])["\"classes\": 2", "\"channels\": 3", "\"side\": 8", "\"n\": 48"]) Assert.Contains(fact, record);
        // Which of two colours a picture has is learned at once, and only where colours are seen.
        var parent = (await hub.Ada.PathsAsync(repo)).First(path => path.StartsWith("members/base-") && path.EndsWith("/metrics.jsonl"));
        var last = JsonNode.Parse(Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, parent)).TrimEnd().Split('\n')[^1])!;
        Assert.Equal(("val", 1.0), ((string)last["splits"]![0]!["split"]!, (double)last["splits"]![0]!["accuracy"]!));
        // Analyses open the same data.
        Assert.StartsWith("done behaviour", Say(await hub.Ada.EndAsync(await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { only = new[] { "behaviour", "averaging" } }, "analyse")))));
    }

    [Fact]
    public async Task Siblings_are_compared_on_their_own_pictures_by_who_may_read_them()
    {
        var data = await hub.Ada.CreateAsync(type: "dataset", isPrivate: true);
        await hub.Ada.CommitAsync($"datasets/{data}", [.. Files([.. Coloured("train", 32, 8), .. Coloured("validation", 16, 8)])]);
        var repo = await hub.Ada.CreateAsync();
        Assert.Equal("done 3 of 3 members are done.", Say(await hub.Ada.GenerateAsync(repo, Blueprint($"hub: {data}@main", channels: 3))));
        var children = (await hub.Ada.PathsAsync(repo)).Where(path => path.StartsWith("members/child-") && path.EndsWith("/member.json")).Select(path => path.Split('/')[1]).ToList();
        var asked = new { sources = new[] { $"{repo}#{children[0]}", $"{repo}#{children[1]}" } };

        var check = await hub.Ada.PostJsonAsync("/api/zoo/merges/check", asked);
        Assert.NotNull(check["pairs"]![0]!["accuracyBarrier"]);
        Assert.Empty(check["remarks"]!.AsArray());
        // The population is everybody's, its data is not: nothing is computed from it for a stranger.
        check = await (await hub.JoinAsync()).PostJsonAsync("/api/zoo/merges/check", asked);
        Assert.Null(check["pairs"]![0]!["accuracyBarrier"]);
        Assert.Contains("no data set", (string)check["remarks"]![0]!);
    }

    [Theory]
    [InlineData("", 3, "args: { side: 8 } brings them to it")]
    [InlineData("side: 8", 1, "args: { channels: 1 } brings them to it")]
    [InlineData("side: 8, label: colour", 3, "no column 'colour'")]
    [InlineData("side: 8, image: label_name", 3, "is no picture")]
    [InlineData("side: 8, config: other", 3, "no split 'train'")]
    [InlineData("side: 0", 3, "side lies between 1 and 512")]
    [InlineData("channels: 2", 3, "channels is 1 (grey) or 3")]
    [InlineData("sides: 8", 3, "sides")]
    public async Task What_does_not_fit_is_said_before_anything_is_trained(string args, int channels, string problem)
    {
        var data = await hub.Ada.CreateAsync(type: "dataset");
        await hub.Ada.CommitAsync($"datasets/{data}", [.. Files(Coloured("train", 8, 12))]);
        var plan = await TestActor.ReadAsync(await hub.Ada.AskAsync(await hub.Ada.CreateAsync(), new { blueprint = Blueprint($"hub: {data}@main, args: {{ {args} }}", channels) }, "plan"));
        Assert.Contains(problem, (string)plan["errors"]![0]!["message"]!);
    }

    [Fact]
    public async Task Pictures_of_several_sizes_broken_ones_and_unknown_classes_are_refused_by_row()
    {
        foreach (var (files, args, problem) in (((string Path, byte[] Content)[] Files, string Args, string Problem)[])
        [
            ([.. Coloured("train", 4, 8), Picture("train/red/odd.ppm", 9, 0)], "channels: 3", "pixels, others 8 × 8"),
            ([.. Coloured("train", 4, 8), ("train/red/zz.png", "no picture"u8.ToArray())], "side: 8", "no picture of a known format"),
            ([.. Coloured("train", 4, 8), ("train/red/zz.ppm", "P6 8 8 255\nshort"u8.ToArray())], "side: 8", "picture"),
            ([.. Coloured("train", 4, 8), ("train/red/zz.ppm", "P6 60000 60000 255\n"u8.ToArray())], "side: 8", "picture"),
            ([("train.csv", "image,label\nx,1\n"u8.ToArray())], "side: 8", "is no picture"),
            ([("notes.txt", "nothing here"u8.ToArray())], "side: 8", ""),
        ])
        {
            var data = await hub.Ada.CreateAsync(type: "dataset");
            await hub.Ada.CommitAsync($"datasets/{data}", [.. Files(files)]);
            var plan = await TestActor.ReadAsync(await hub.Ada.AskAsync(await hub.Ada.CreateAsync(), new { blueprint = Blueprint($"hub: {data}@main, args: {{ {args} }}", 3) }, "plan"));
            Assert.Contains(problem, (string)plan["errors"]![0]!["message"]!);
            Assert.Contains("cannot be trained on here", (string)plan["errors"]![0]!["message"]!);
        }
    }

    static string Blueprint(string data, int channels) => Grown.Blueprint().Replace("builtin: glyphs8, args: { n: 64, seed: 1, val: { n: 32, seed: 2 } }", data).Replace("channels: 1", $"channels: {channels}");

    static IEnumerable<object> Files(IEnumerable<(string Path, byte[] Content)> files) => files.Select(file => TestActor.File(file.Path, file.Content));

    /// <summary>Red ones and green ones, as bright as each other.</summary>
    static IEnumerable<(string Path, byte[] Content)> Coloured(string split, int count, int side) =>
        Enumerable.Range(0, count).Select(i => Picture($"{split}/{(i % 2 == 0 ? "red" : "green")}/{i:d3}.ppm", side, i));

    static (string Path, byte[] Content) Picture(string path, int side, int seed)
    {
        var (random, bright) = (new Random(seed), path.Contains("/red/") ? 0 : 1);
        var pixels = new byte[side * side * 3];
        for (var at = 0; at < pixels.Length; at++) pixels[at] = (byte)(at % 3 == bright ? 180 + random.Next(70) : random.Next(70));
        return (path, [.. Encoding.ASCII.GetBytes($"P6\n{side} {side}\n255\n"), .. pixels]);
    }
}

public sealed class PictureDataTests_Sqlite(SqliteHub hub) : PictureDataTests(hub), IClassFixture<SqliteHub>;
public sealed class PictureDataTests_Postgres(PostgresHub hub) : PictureDataTests(hub), IClassFixture<PostgresHub>;

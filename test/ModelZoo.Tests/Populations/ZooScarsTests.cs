using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Populations;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>What killed runs, careless hands and hostile ones leave in a zoo: members come in as far as they can, and the report says what did not.</summary>
public sealed class ZooScarsTests
{
    [Fact]
    public async Task Tables_fill_in_what_torn_reports_lack()
    {
        using var folder = new TemporaryFolder();
        const string csv = "train_loss,test_acc,training_iteration,hostname,config/lr\nnan,0.1,0,here,1\n2.5,0.2,1,here,1\n\"1.5\",0.3,2,here,1\n0.5,0.";
        Trial("zoo/both", """{"training_iteration": 0, "test_acc": 0.11, "info": {"grad": {"norm": 3}}, "config": {"lr": 7}}""" + "\n" + """{"training_iteration": 1, "test_acc": 0.2, "train_loss": Infinity}""" + "\n" + """{"training_iteration": 2, "te""", csv);
        Trial("zoo/table", null, csv);
        // A run that was taken up reports an epoch anew, after the tear.
        Trial("zoo/again", "{\"training_iteration\": 1, \"test_acc\": 0.1}\n{\"training_iterat\n{\"training_iteration\": 1, \"test_acc\": 0.4}\n{\"training_iteration\": -1}\n[1]\n", null);
        var made = await JsonAsync("population", "import", folder["zoo"], "--out", folder["p"]);
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        Assert.Equal(3, population.Members.Count);
        var (both, table, again) = (Get("both"), Get("table"), Get("again"));
        Assert.Equal([0.11, 0.2, 0.3], both.Records.Select(record => both.Accuracy(record.Epoch, "test")!.Value));
        Assert.Equal(3, both.Find(0)!.Others!["info/grad/norm"]);
        Assert.DoesNotContain("config/lr", both.Find(2)!.Others!.Keys);
        Assert.Equal((null, 1.5), (table.Find(0)!.TrainLoss is double.NaN ? null : table.Find(0)!.TrainLoss, table.Find(2)!.TrainLoss));
        Assert.Equal(0.4, again.Accuracy(1, "test"));
        var skipped = made.GetProperty("skipped").EnumerateArray().Select(line => line.GetString()!).ToList();
        Assert.Contains(skipped, line => line.Contains("both/result.json", StringComparison.Ordinal) && line.Contains("torn", StringComparison.Ordinal));
        Assert.Contains(skipped, line => line.Contains("1 rows of 'table/progress.csv'", StringComparison.Ordinal));
        Assert.Contains(skipped, line => line.Contains("reports 1 iterations again", StringComparison.Ordinal));

        void Trial(string name, string? json, string? table)
        {
            folder.Write($"{name}/params.json", $$"""{"optim::lr": "0.{{name.Length}}", "loss": NaN}""");
            if (json is not null) folder.Write($"{name}/result.json", json);
            if (table is not null) folder.Write($"{name}/progress.csv", table);
            TorchTree.Save(folder[$"{name}/checkpoint_2/checkpoints"], TorchTree.State(("w", TorchValues.Made(1, 3))));
        }

        PopulationMember Get(string name) => population.Members.Single(member => member.Card.Remarks[0] == $"imported from {name}");
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("zoo.zip")]
    [InlineData("zoo.tar.gz")]
    public async Task Each_scar_is_told_by_name_and_everybody_else_comes_in(string form)
    {
        using var folder = new TemporaryFolder();
        const string deep = "in/downloads/of/mine/zoo";
        foreach (var (name, i) in ((string[])["a", "b", "c", "d", "e", "f"]).Select((name, i) => (name, i)))
        {
            folder.Write($"{deep}/{name}/params.json", $$"""{"seed": {{i}}}""");
            folder.Write($"{deep}/{name}/result.json", $$"""{"training_iteration": 20, "test_acc": 0.{{i}}}""");
            foreach (var epoch in (int[])[0, 10, 20]) State($"{name}/checkpoint_{epoch:D6}/checkpoints", name == "c" ? 5 : 4);
        }
        // a: a state twice; b: a step is missing; c: other shapes; d: hostile; e: empty, torn and lost states; f: no settings but those of its results.
        State("a/checkpoint_20/checkpoints", 4);
        State("b/checkpoint_000040/checkpoints", 4);
        File.WriteAllBytes(folder[$"{deep}/d/checkpoint_000010/checkpoints"], [0x80, 2, .. "cposix\nsystem\nX"u8, 4, 0, 0, 0, .. "echo"u8, 0x85, (byte)'R', (byte)'.']);
        // A tensor that shows one number for ever.
        File.WriteAllBytes(folder[$"{deep}/d/checkpoint_000020/checkpoints"], Weights.TorchFiles.Zip(Weights.TorchFiles.Tensor(Weights.TorchFiles.Text(Weights.TorchFiles.Pickle().Ascii("}("), "w"), "FloatStorage", "0", 1, 0, [5_000, 5_000], [0, 0]).Ascii("u."), more: ("m/data/0", new byte[4])));
        File.WriteAllBytes(folder[$"{deep}/e/checkpoint_000000/checkpoints"], []);
        File.WriteAllBytes(folder[$"{deep}/e/checkpoint_000010/checkpoints"], File.ReadAllBytes(folder[$"{deep}/a/checkpoint_000010/checkpoints"])[..300]);
        File.Delete(folder[$"{deep}/e/checkpoint_000020/checkpoints"]);
        folder.Write($"{deep}/e/checkpoint_000020/readme.txt", "Lost.");
        folder.Write($"{deep}/f/params.json", "{ torn");
        folder.Write($"{deep}/f/result.json", """{"training_iteration": 20, "test_acc": 0.5, "config": {"seed": 55}}""");
        folder.Write($"{deep}/nobody/checkpoint_000001/checkpoints", "whose?");
        var source = folder["in"];
        if (form.EndsWith(".zip", StringComparison.Ordinal)) ZipFile.CreateFromDirectory(source, source = folder[form]);
        else if (form.EndsWith(".gz", StringComparison.Ordinal))
        {
            await using var zip = new GZipStream(File.Create(folder[form]), CompressionLevel.Fastest);
            TarFile.CreateFromDirectory(source, zip, includeBaseDirectory: false);
            source = folder[form];
        }
        var made = await JsonAsync("population", "import", source, "--out", folder["p"], "--name", "scars");
        Assert.Equal((6, 14), (made.GetProperty("members").GetInt32(), made.GetProperty("checkpoints").GetInt32()));
        var skipped = made.GetProperty("skipped").EnumerateArray().Select(line => line.GetString()!).ToList();
        foreach (var (name, why) in ((string, string)[])[("a/checkpoint_20", "there twice"), ("d/checkpoint_000010", "posix.system"), ("d/checkpoint_000020", "far more than"), ("e/checkpoint_000000", "left out"), ("e/checkpoint_000010", "left out"), ("e/checkpoint_000020", "no state"), ("f/params.json", "cannot be read"), ("zoo/f", "taken from its results"), ("zoo/nobody", "--pattern")])
            Assert.True(skipped.Exists(line => line.Contains(name, StringComparison.Ordinal) && line.Contains(why, StringComparison.Ordinal)), $"{name}: {why}\n{string.Join('\n', skipped)}");
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        var flags = population.Members.ToDictionary(member => member.Card.Remarks[0][^1], member => string.Join(", ", member.Card.Flags));
        Assert.Equal(("", "missing epochs", "shapes differ from most of the stage", "", "no states", ""), (flags['a'], flags['b'], flags['c'], flags['d'], flags['e'], flags['f']));
        Assert.Equal(55, population.Members.Single(member => member.Card.Remarks[0][^1] == 'f').Card.Seed);

        void State(string path, int width) => TorchTree.Save(folder[$"{deep}/{path}"], TorchTree.State(("w", TorchValues.Made(1, 3, width)), ("n", TorchValues.Made(2, width))));
    }

    [Fact]
    public async Task A_family_stays_in_one_split_where_that_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 24; i++)
        {
            folder.Write(i == 0 ? "zoo/pretraining/base/params.json" : $"zoo/finetuning/base/child{i}/params.json", $$"""{"seed": {{i}}}""");
            folder.Write(i == 0 ? "zoo/pretraining/base/result.json" : $"zoo/finetuning/base/child{i}/result.json", """{"training_iteration": 1, "test_acc": 0.5}""");
        }
        await JsonAsync("population", "import", folder["zoo"], "--out", folder["a"]);
        var made = await JsonAsync("population", "import", folder["zoo"], "--out", folder["b"], "--split-by", "lineage");
        Assert.Equal(23, made.GetProperty("edges").GetInt32());
        Assert.InRange((await SplitsAsync("a")).Count, 2, 3);
        Assert.Single(await SplitsAsync("b"));

        async Task<IReadOnlyList<string>> SplitsAsync(string name) => [.. (await Population.OpenAsync(new FolderFiles(folder[name]), default)).Members.Select(member => member.Card.Split).Distinct()];
    }

    [Fact]
    public async Task Three_thousand_members_come_in_one_after_the_other()
    {
        const int members = 3000, epochs = 3;
        var state = TorchTree.Write(TorchTree.State(("conv.weight", TorchValues.Made(1, 8, 1, 5, 5)), ("conv.bias", TorchValues.Made(2, 8))));
        var results = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 51).Select(epoch => $$$"""{"training_iteration": {{{epoch}}}, "test_acc": 0.5, "train_acc": 0.6, "train_loss": 1.5, "config": {"optim::lr": 0.1, "seed": 1, "dataset::dump": "somewhere"}}""" + "\n")));
        var files = new MadeFiles();
        for (var i = 0; i < members; i++)
        {
            var (folder, number) = (i < 100 ? $"pretraining/m{i}" : $"finetuning/m{i % 100}/m{i}", i);
            files.Add($"{folder}/params.json", () => Encoding.UTF8.GetBytes(number < 100 ? $$"""{"seed": {{number}}}""" : $$"""{"seed": {{number}}, "pretraining::model::path": "/x/m{{number % 100}}/checkpoint_000002/checkpoints"}"""));
            files.Add($"{folder}/result.json", () => results);
            for (var epoch = 0; epoch < epochs; epoch++) files.Add($"{folder}/checkpoint_{epoch:D6}/checkpoints", () => state);
        }
        var place = new CountingPlace();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var outcome = await RayImport.RunAsync(files, "large", place, ImportSettings.Default, default);
        Assert.Equal((members, members * epochs, members - 100), (outcome.Members, outcome.Checkpoints, outcome.Edges));
        Assert.Empty(outcome.Skipped);
        Assert.Equal(members * epochs, place.States);
        // Names and cards of all, the states of one: half a million results are never in memory together.
        Assert.InRange(place.Most - before, 0, 150L << 20);
    }

    /// <summary>A file system of made files.</summary>
    sealed class MadeFiles : IModelFiles
    {
        readonly Dictionary<string, Func<byte[]>> _files = new(StringComparer.Ordinal);
        readonly List<ModelFile> _list = [];

        public IReadOnlyList<ModelFile> Files => _list;

        public void Add(string path, Func<byte[]> content)
        {
            _files[path] = content;
            _list.Add(new(path, content().Length));
        }

        public ValueTask<IByteSource> OpenAsync(string path, CancellationToken stop) => new(new MemoryByteSource(_files[path]()));
    }

    /// <summary>Keeps names and forgets content, but for the few files that an import reads again; looks at memory now and then.</summary>
    sealed class CountingPlace : IPopulationPlace
    {
        readonly HashSet<string> _names = new(StringComparer.Ordinal);
        readonly Dictionary<string, byte[]> _kept = new(StringComparer.Ordinal);
        int _writes;

        public int States { get; private set; }

        public long Most { get; private set; }

        public ValueTask WriteAsync(IReadOnlyList<PopulationFile> files, CancellationToken stop)
        {
            foreach (var file in files)
            {
                _names.Add(file.Path);
                if (file.Path.EndsWith(".safetensors", StringComparison.Ordinal)) States++;
                else if (!file.Path.Contains('/', StringComparison.Ordinal)) _kept[file.Path] = file.Content!;
            }
            if (++_writes % 1000 == 0) Most = Math.Max(Most, GC.GetTotalMemory(forceFullCollection: true));
            return default;
        }

        public ValueTask<byte[]?> FindAsync(string path, CancellationToken stop) => new(_kept.GetValueOrDefault(path));

        public ValueTask<bool> HasAsync(string path, CancellationToken stop) => new(_names.Contains(path));
    }
}

using System.Formats.Tar;
using System.IO.Compression;
using ModelZoo.Tests.Client;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo population import` of archives and by names, through the program.</summary>
public sealed class ArchiveImportTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    [Theory]
    [InlineData("zoo.tar")]
    [InlineData("zoo.tar.gz")]
    [InlineData("zoo.zip")]
    public async Task A_zoo_comes_back_from_each_kind_of_archive_and_a_second_time_adds_nothing(string name)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await ZooAsync("population", "export", small.Folder, "--format", "ray", "--out", folder["ray"])).Code);
        Pack(folder["ray"], folder[name]);
        var straight = await JsonAsync("population", "import", folder["ray"], "--out", folder["a"], "--name", "zoo");
        var packed = await JsonAsync("population", "import", folder[name], "--out", folder["b"]);
        Assert.Equal((18, 16, 70), (packed.GetProperty("members").GetInt32(), packed.GetProperty("edges").GetInt32(), packed.GetProperty("checkpoints").GetInt32()));
        Assert.Equal(straight.GetProperty("checkpoints").GetInt32(), packed.GetProperty("checkpoints").GetInt32());
        Assert.Equal(TrainerCommandTests.States(folder["a"]), TrainerCommandTests.States(folder["b"]));
        var again = await JsonAsync("population", "import", folder[name], "--out", folder["b"]);
        Assert.Equal((0, 18, 0), (again.GetProperty("members").GetInt32(), again.GetProperty("known").GetInt32(), again.GetProperty("checkpoints").GetInt32()));
        // Children with other heads are shaped otherwise than most of their stage, or as many: they are kept either way.
        Assert.Equal(18, (await JsonAsync("population", "show", folder["b"])).GetProperty("members").GetArrayLength());
    }

    [Fact]
    public async Task What_leaves_the_archive_is_left_out_and_what_explodes_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using (var file = File.Create(folder["evil.tar"]))
        await using (var tar = new TarWriter(file, TarEntryFormat.Pax))
        {
            Add("zoo/trial/params.json", "{\"optim::lr\": 0.1}");
            Add("zoo/trial/result.json", "{\"training_iteration\": 1, \"test_acc\": 0.5}\n");
            Add("../outside.json", "{}");
            Add("/etc/outside.json", "{}");
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "zoo/trial/checkpoint_1/checkpoints") { LinkName = "/etc/passwd" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "zoo/trial/checkpoint_2/checkpoints") { LinkName = "zoo/trial/params.json" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "zoo/trial/checkpoint_3/checkpoints"));
            Add("zoo/trial/checkpoint_4/checkpoints", "cos\nsystem\n(S'touch pwned'\ntR.");
            Add("zoo/dataset_train.pt", "a pickle");

            void Add(string name, string text) => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) });
        }
        var made = await JsonAsync("population", "import", folder["evil.tar"], "--out", folder["a"]);
        Assert.Equal((1, 0), (made.GetProperty("members").GetInt32(), made.GetProperty("checkpoints").GetInt32()));
        var skipped = made.GetProperty("skipped").EnumerateArray().Select(line => line.GetString()!).ToList();
        foreach (var expected in (string[])["../outside.json", "/etc/outside.json", "checkpoint_1/checkpoints", "checkpoint_2/checkpoints", "checkpoint_3/checkpoints", "checkpoint_4/checkpoints", "without running code"])
            Assert.Contains(skipped, line => line.Contains(expected, StringComparison.Ordinal));

        await using (var file = File.Create(folder["bomb.tar.gz"]))
        await using (var zip = new GZipStream(file, CompressionLevel.Optimal))
        await using (var tar = new TarWriter(zip, TarEntryFormat.Gnu))
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, "trial/params.json") { DataStream = new Zeros(1L << 30) });
        Assert.Contains("100 times", (await ZooAsync("population", "import", folder["bomb.tar.gz"], "--out", folder["c"])).Error, StringComparison.Ordinal);
        File.WriteAllBytes(folder["torn.tar.gz"], File.ReadAllBytes(folder["bomb.tar.gz"])[..400]);
        Assert.Equal(1, (await ZooAsync("population", "import", folder["torn.tar.gz"], "--out", folder["d"])).Code);
    }

    [Fact]
    public async Task Names_say_whose_states_they_are()
    {
        using var folder = new TemporaryFolder();
        var states = Directory.GetFiles(small.Folder, "epoch-*.safetensors", SearchOption.AllDirectories).Where(path => path.Contains("base-", StringComparison.Ordinal) && path.Contains("checkpoints", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        foreach (var (state, i) in states.Select((state, i) => (state, i)))
        {
            Directory.CreateDirectory(folder[$"runs/run{i / 3}_lr0.{i / 3 + 1}/checkpoint-{i % 3 * 500}"]);
            File.Copy(state, folder[$"runs/run{i / 3}_lr0.{i / 3 + 1}/checkpoint-{i % 3 * 500}/model.safetensors"]);
            File.Copy(state, folder[$"model_{i}.safetensors"]);
        }
        folder.Write("individual_results.jsonl", "{\"model_name\": \"model_0\", \"ImageNet\": 0.5}\n{\"model_name\": \"model_1\", \"ImageNet\": NaN}\ntorn");
        var made = await JsonAsync("population", "import", folder.Path, "--pattern", "runs/{member}_lr{factor:lr}/checkpoint-{epoch}/model.safetensors", "--out", folder["p"], "--name", "runs");
        Assert.Equal((2, 6), (made.GetProperty("members").GetInt32(), made.GetProperty("checkpoints").GetInt32()));
        var shown = (await JsonAsync("population", "show", folder["p"])).GetProperty("members").EnumerateArray().ToList();
        Assert.Equal([0.1, 0.2], shown.Select(member => member.GetProperty("factors").GetProperty("lr").GetDouble()).Order());
        Assert.All(shown, member => Assert.Equal([0, 500, 1000], member.GetProperty("checkpoints").EnumerateArray().Select(epoch => epoch.GetInt32())));
        Assert.Equal(2, (await JsonAsync("population", "import", folder.Path, "--pattern", "runs/{member}_lr{factor:lr}/checkpoint-{epoch}/model.safetensors", "--out", folder["p"], "--name", "runs")).GetProperty("known").GetInt32());
        // A released soup: files of models, accuracies beside them.
        made = await JsonAsync("population", "import", folder.Path, "--pattern", "model_{member}.safetensors", "--out", folder["s"], "--name", "soup");
        Assert.Equal(6, made.GetProperty("members").GetInt32());
        Assert.Contains(Directory.GetFiles(folder["s"], "metrics.jsonl", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains("\"ImageNet\":0.5", StringComparison.Ordinal));
        Assert.Contains("same state", (await ZooAsync("population", "import", folder.Path, "--pattern", "runs/*/checkpoint-{epoch}/model.safetensors", "--out", folder["x"], "--name", "x")).Error, StringComparison.Ordinal);
        Assert.Contains("{wrong}", (await ZooAsync("population", "import", folder.Path, "--pattern", "{wrong}", "--out", folder["x"], "--name", "x")).Error, StringComparison.Ordinal);
    }

    static void Pack(string folder, string archive)
    {
        if (archive.EndsWith(".zip", StringComparison.Ordinal)) ZipFile.CreateFromDirectory(folder, archive);
        else if (archive.EndsWith(".tar", StringComparison.Ordinal)) TarFile.CreateFromDirectory(folder, archive, includeBaseDirectory: false);
        else
        {
            using var zip = new GZipStream(File.Create(archive), CompressionLevel.Fastest);
            TarFile.CreateFromDirectory(folder, zip, includeBaseDirectory: false);
        }
    }

    /// <summary>Nothing, for long.</summary>
    sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, read);
            Position += read;
            return read;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => Position = offset;

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

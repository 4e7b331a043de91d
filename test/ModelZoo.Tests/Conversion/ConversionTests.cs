using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Conversion;

public class ConversionTests
{
    static TensorContent[] Sample =>
    [
        Converted.Random("a", [3, 5], 1), Converted.Random("b.weight", [40], 2), Converted.Tensor<long>("n", DType.I64, [], 7),
        Converted.Tensor<bool>("mask", DType.Bool, [2, 2], true, false, false, true), Converted.Tensor<float>("none", DType.F32, [0, 4]),
    ];

    [Fact]
    public async Task Splitting_and_merging_give_the_same_file_again()
    {
        using var folder = new TemporaryFolder();
        var whole = await Converted.WriteSafetensorsAsync(folder, "model.safetensors", Sample);
        Directory.CreateDirectory(folder["parts"]);
        var split = await Converted.RunAsync(whole, folder["parts/model.safetensors"], ConversionTarget.Safetensors, shardBytes: 100);
        var merged = await Converted.RunAsync(folder["parts"], folder["merged.safetensors"], ConversionTarget.Safetensors);

        Assert.Equal(["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json"],
            split.Files.Select(Path.GetFileName));
        Assert.Equal(5, merged.Tensors);
        Assert.Equal(await File.ReadAllBytesAsync(whole), await File.ReadAllBytesAsync(folder["merged.safetensors"]));
        var index = await SafetensorsIndex.ReadAsync(new MemoryByteSource(await File.ReadAllBytesAsync(folder["parts/model.safetensors.index.json"])), default);
        Assert.Equal(split.TensorBytes, index.TotalSizeBytes);
    }

    [Fact]
    public async Task Npz_and_back_gives_the_same_tensors_also_when_compressed()
    {
        using var folder = new TemporaryFolder();
        var file = await Converted.WriteSafetensorsAsync(folder, "model.safetensors", Sample);
        await Converted.RunAsync(file, folder["model.npz"], ConversionTarget.Npz);
        await Converted.RunAsync(folder["model.npz"], folder["back.safetensors"], ConversionTarget.Safetensors);
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(folder["back.safetensors"]));

        await using (var from = await ZipFile.OpenReadAsync(folder["model.npz"]))
        await using (var to = await ZipFile.OpenAsync(folder["packed.npz"], ZipArchiveMode.Create))
        {
            foreach (var entry in from.Entries)
            {
                await using var read = await entry.OpenAsync();
                await using var write = await to.CreateEntry(entry.FullName, CompressionLevel.Optimal).OpenAsync();
                await read.CopyToAsync(write);
            }
        }
        await Converted.RunAsync(folder["packed.npz"], folder["unpacked.safetensors"], ConversionTarget.Safetensors);
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(folder["unpacked.safetensors"]));
    }

    [Fact]
    public void Any_tensors_cut_into_parts_of_any_size_come_back()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(15), Prop.ForAll(TensorSets.Arbitrary, Gen.Choose(1, 400).ToArbitrary(), (set, limit) =>
        {
            if (set.Length == 0) return true;
            using var folder = new TemporaryFolder();
            var random = new Random(limit);
            var tensors = set.Select(t =>
            {
                t.Type.TryGetByteLength(t.Shape.Aggregate(1L, (a, b) => a * b), out var bytes);
                var content = new byte[bytes];
                random.NextBytes(content);
                return new TensorContent(t.Name, t.Type, t.Shape, new MemoryByteSource(content), 0, bytes);
            }).ToArray();
            var whole = Converted.WriteSafetensorsAsync(folder, "model.safetensors", tensors).GetAwaiter().GetResult();
            Converted.RunAsync(whole, folder["p/model.safetensors"], ConversionTarget.Safetensors, shardBytes: limit).GetAwaiter().GetResult();
            Converted.RunAsync(folder["p"], folder["merged.safetensors"], ConversionTarget.Safetensors).GetAwaiter().GetResult();
            return File.ReadAllBytes(whole).AsSpan().SequenceEqual(File.ReadAllBytes(folder["merged.safetensors"]));
        }));
    }

    [Fact]
    public async Task A_cast_changes_floating_point_tensors_only()
    {
        using var folder = new TemporaryFolder();
        var file = await Converted.WriteSafetensorsAsync(folder, "model.safetensors", Sample);
        await Converted.RunAsync(file, folder["half.safetensors"], ConversionTarget.Safetensors, DType.BF16);
        await Converted.RunAsync(folder["half.safetensors"], folder["wide.safetensors"], ConversionTarget.Safetensors, DType.F32);

        var (types, before, after) = (await Converted.ReadAsync(folder["half.safetensors"]), await Converted.ContentAsync(file), await Converted.ContentAsync(folder["wide.safetensors"]));
        Assert.Equal("BF16 BF16 BOOL I64 BF16", string.Join(' ', types.Tensors.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => t.DType)));
        Assert.Equal(before["n"], after["n"]);
        Assert.All(Converted.Floats(before["a"]).Zip(Converted.Floats(after["a"])), pair => Assert.Equal(pair.First, pair.Second, Math.Abs(pair.First) / 256));
    }

    [Theory]
    [InlineData(ConversionTarget.Npz, "BF16", null, "npz has no type BF16 (tensor 'a')")]
    [InlineData(ConversionTarget.Safetensors, "Q8_0", null, "Q8_0 is a type of GGUF")]
    [InlineData(ConversionTarget.Npz, null, 100, "cannot be split")]
    [InlineData(ConversionTarget.Gguf, null, null, "needs the model's config.json")]
    public async Task What_cannot_be_is_refused_and_leaves_nothing(ConversionTarget target, string? type, int? shardBytes, string reason)
    {
        using var folder = new TemporaryFolder();
        var file = await Converted.WriteSafetensorsAsync(folder, "model.safetensors", Sample);
        var refused = await Assert.ThrowsAsync<ConversionException>(() =>
            Converted.RunAsync(file, folder["out.x"], target, type is null ? null : DType.Find(type), shardBytes));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Converted.RequireOnly(folder, "model.safetensors");
    }

    [Fact]
    public async Task A_conversion_that_fails_half_way_leaves_the_old_output_as_it_was()
    {
        using var folder = new TemporaryFolder();
        // The second array's compressed bytes are damaged: its header can still be read, its numbers cannot.
        var file = await Converted.WriteSafetensorsAsync(folder, "model.safetensors", Converted.Random("a", [1000], 1), Converted.Random("b", [300_000], 2));
        await Converted.RunAsync(file, folder["model.npz"], ConversionTarget.Npz);
        await File.WriteAllTextAsync(folder["out.safetensors"], "old");
        byte[] packed;
        await using (var from = await ZipFile.OpenReadAsync(folder["model.npz"]))
        {
            using var memory = new MemoryStream();
            await using (var to = await ZipArchive.CreateAsync(memory, ZipArchiveMode.Create, leaveOpen: true, null))
                foreach (var entry in from.Entries)
                {
                    await using var read = await entry.OpenAsync();
                    await using var write = await to.CreateEntry(entry.FullName, CompressionLevel.Fastest).OpenAsync();
                    await read.CopyToAsync(write);
                }
            packed = memory.ToArray();
        }
        packed.AsSpan(packed.Length / 2, 2000).Fill(0xff);
        await File.WriteAllBytesAsync(folder["damaged.npz"], packed);

        await Assert.ThrowsAnyAsync<Exception>(() => Converted.RunAsync(folder["damaged.npz"], folder["out.safetensors"], ConversionTarget.Safetensors));
        Assert.Equal("old", await File.ReadAllTextAsync(folder["out.safetensors"]));
        Converted.RequireOnly(folder, "damaged.npz", "model.npz", "model.safetensors", "out.safetensors");
    }

    [Fact]
    public async Task Progress_ends_at_the_whole()
    {
        using var folder = new TemporaryFolder();
        var file = await Converted.WriteSafetensorsAsync(folder, "model.safetensors", Sample);
        var seen = new List<ConversionProgress>();
        var outcome = await WeightConverter.ConvertAsync(new FolderFiles(folder.Path), "model.safetensors", folder["out.safetensors"],
            new ConversionOptions(ConversionTarget.Safetensors) { Type = DType.F16, Progress = new Each(seen.Add) }, TestContext.Current.CancellationToken);
        Assert.Equal((outcome.TensorBytes, outcome.TensorBytes), (seen[^1].DoneBytes, seen[^1].TotalBytes));
    }

    sealed class Each(Action<ConversionProgress> report) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => report(value);
    }
}
